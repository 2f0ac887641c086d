#### random
a=$RANDOM b=$RANDOM; [ $a != $b ] && [ $a -lt 32768 ] && echo ok; RANDOM=5; x=$RANDOM; RANDOM=5; [ $x = $RANDOM ] && echo same
#### lineno
echo $LINENO
echo $LINENO
f() {
echo $LINENO
}
f
#### pipestatus
true | false | (exit 3); echo ${PIPESTATUS[@]}; false; echo $PIPESTATUS
#### funcname
f() { echo ${FUNCNAME[0]} $FUNCNAME ${FUNCNAME[1]} ${#FUNCNAME[@]}; g; }; g() { echo ${FUNCNAME[@]}; }; f; echo "[$FUNCNAME]"
#### underscore
echo a b c; echo $_; : x; echo $_; true; echo $_
#### dash var
set -u; [[ $- == *u* ]] && echo yes; set +u
#### bash_source
f() { echo "[${BASH_SOURCE[0]}]" >/dev/null; }; f; . $D/lib.sh x y; echo $v
#### bash_subshell
echo $BASH_SUBSHELL; (echo $BASH_SUBSHELL; (echo $BASH_SUBSHELL)); echo $(echo $BASH_SUBSHELL)
#### groups uid
[ $UID = 0 ] && echo $EUID
#### brace
echo {1..5} {a..e..2} x{a,b}y {01..03} {5..1..2} {a,b{1,2}} {a} {} a{,b}
#### brace bomb
echo {1..3}{1..3}{1..3} | wc -w
#### coproc
coproc cat 2>/dev/null; echo a
#### heredoc dash
cat <<-E
	a
		b $((1+1))
	E
echo end
#### heredoc quoted
cat <<'E'
$x `y` \z
E
cat <<"E F"
a
E F
#### heredoc two
cat <<A; cat <<B
a
A
b
B
#### heredoc in loop
while read x; do echo "[$x]"; done <<E
1
2
E
#### heredoc in substitution
x=$(cat <<E
in
E
)
echo $x
#### herestring
cat <<< "a b"; read x <<< $HOME; echo $x; cat <<< 'x'$'\n''y'
#### source return
. $D/ret.sh; echo $?; source $D/lib.sh p q; echo $v; source /nonexistent 2>/dev/null; echo $?
#### source args restored
set -- 1 2; . $D/lib.sh x; echo $v $1 $#; . $D/lib.sh; echo $v
#### source path
PATH=$D:$PATH; . lib.sh z; echo $v
#### history in script
history; echo $?
#### umask
umask; umask 022; umask -S
#### loops big
i=0; while [ $i -lt 3000 ]; do i=$((i+1)); done; echo $i
#### loop subshell
i=0; for ((i=0;i<300;i++)); do x=$(echo $i); done; echo $x
#### background storm
for ((i=0;i<200;i++)); do : & done; wait; echo $?
#### background storm 2
for ((i=0;i<300;i++)); do (exit 1) & done; wait $!; echo $?
#### recursion ok
f() { [ $1 -le 0 ] && echo done || f $(($1-1)); }; f 200
#### funcnest
FUNCNEST=10; f() { f; }; f 2>/dev/null; echo $?
#### deep subshell
eval "$(printf '(%.0s' {1..40}) echo deep $(printf ')%.0s' {1..40})"
#### nonutf8 echo
echo $'\xff' | od -An -tx1
#### printf q
printf '%q\n' "a b" "it's" $'x\ny'; printf '%s\n' "${x@Q}"
#### printf b
printf '%b\n' 'a\tb'; printf '%5s|%-5s|\n' a b; printf '%x %o %e\n' 255 8 1.5; printf '%d\n' "'A"
#### nested functions
f() { g() { echo g; }; }; f; g; unset -f g; g 2>/dev/null; echo $?
#### function keyword
function f { echo kw; }; f; function h() { echo h; }; h
#### return in loop
f() { for i in 1 2 3; do [ $i = 2 ] && return 7; done; }; f; echo $?
#### break n
for i in 1 2; do for j in 1 2; do break 2; done; done; echo $i $j
#### until
i=0; until ((i>=3)); do ((i++)); done; echo $i
#### case fall
case a in a) echo 1;;& b) echo 2;; a*) echo 3;& c) echo 4;; esac
#### errexit
set -e; false || echo ok; if false; then :; fi; ! true; false; echo never
#### nounset
set -u; echo ${x-default}; (echo $x) 2>/dev/null; echo $?
#### pipefail
set -o pipefail; false | true; echo $?
#### set positional
set -- a 'b c'; echo $# "$2"; set x y; echo $1; shift; echo $1; set --; echo $#
#### shift bad
set -- 1; shift 5; echo $?
#### dollar bang
sleep 0 & [ -n "$!" ] && echo ok; wait
#### comments
echo a # comment
# another
echo b#c
#### line continuation
echo a \
b
#### pipe ampersand
{ echo out; echo err >&2; } |& sort
#### redirect order
{ echo a; echo b >&2; } 2>&1 >/dev/null
#### fd swap
{ echo a; echo b >&2; } 3>&1 1>&2 2>&3 3>&- 2>/dev/null | cat
#### read write dev null
echo x <> /dev/null; : > /dev/null; echo ok
#### dev fd
echo a | cat /dev/fd/0 2>/dev/null || true; read x < /dev/stdin <<< b; echo $x; exec 3< $D/lines; read y < /dev/fd/3; echo $y
#### indirect
x=y y=z; echo ${!x}; a=(1 2); r='a[1]'; echo ${!r}; set -- p q; n=2; echo ${!n}; echo ${!x*}
#### param ops
x=hello; echo ${x:1:3} ${x: -2} ${x#h} ${x%o} ${x/l/L} ${x//l/L} ${x^} ${x^^} ${#x} ${x/#h/J} ${x/%o/0}
#### default ops
unset u; echo ${u:-d} ${u-d} ${u:=s} $u ${u:+alt}; (: ${v:?msg}) 2>/dev/null; echo $?
#### ifs
IFS=:; x=a:b::c; set -- $x; echo $# "$3"; unset IFS; x=' a  b '; set -- $x; echo $#
#### star at
set -- 'a b' c; for x in "$@"; do echo $x; done; for x in "$*"; do echo $x; done; for x in $*; do echo $x; done
#### arithmetic
echo $((2**10)) $((7/2)) $((-7%3)) $((1<<4)) $((0x1f)) $((010)) $((2#101)) $((5>3?1:0)) $((a=5,a+1)) $((~5)) $((!0))
#### arith errors
echo $((1/0)) 2>/dev/null; echo after
#### double bracket
[[ -n x && ! -z y || a == b ]] && echo t; [[ abc == a* ]] && echo p; [[ a < b ]] && echo l; [[ 3 -gt 2 ]] && echo g; x='*'; [[ abc == "$x" ]]; echo $?
