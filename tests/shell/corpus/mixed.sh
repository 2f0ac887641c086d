#### mixed 1
read x
this is data
echo "got $x"
#### mixed 2
echo a; exit 3; echo (
#### mixed 3
echo one
if true; then
  echo two
fi
cat_() { while read l; do echo "<$l>"; done; }
cat_
data 1
data 2
#### mixed 4
echo "multi
line" 'and
this'
#### mixed 5
echo $(( (1+2) * 3 )) $(( ( 4 ) ))
#### mixed 6
((x = (1+2)*3)); echo $x
#### mixed 7
if [[ a == a && ( b == b || c == d ) ]]; then echo yes; fi
#### mixed 8
f() { echo "$@"; }; f a\ b "c d" 'e f' $'g\th'
#### mixed 9
a="x y"; for w in $a; do echo "[$w]"; done; for w in "$a"; do echo "[$w]"; done
#### mixed 10
echo ${x:-`echo tick`} "${x:-$(echo "q q")}" ${x:-'a  b'} "${x:-a  b}"
#### mixed 11
case "$x" in "") echo empty;; esac; case a/b in a/*) echo slash;; esac
#### mixed 12
while :; do break; done; echo after; for i in 1 2 3; do echo $i; if [ $i = 2 ]; then break; fi; done
#### mixed 13
x=abc; echo "${x:1}" "${x:1:1}" "${x/b/X}" "${x//[abc]/.}" "${#x}" "${x%c}" "${x#a}"
#### mixed 14
echo "a'b" 'a"b' "a\"b" a\'b "a\\b" 'a\b'
#### mixed 15
echo $'it\'s' "$(echo 'it'"'"'s')"
#### mixed 16
function foo { local a=$1; shift; echo "$a:$*"; }; foo 1 2 3
#### mixed 17
[ -z "$nothing" ] && echo empty; [ "a" = "a" -a "b" = "b" ] && echo both
#### mixed 18
x='$y'; y=5; eval "echo $x"; eval echo \$x
#### mixed 19
{ echo a; echo b; } | while read l; do echo "got $l"; done; echo "end"
#### mixed 20
i=0; while true; do i=$((i+1)); [ $i -gt 5 ] && break; [ $((i%2)) = 0 ] && continue; echo $i; done
#### mixed 21
trap 'echo exit' EXIT; (echo sub); echo main; exit 2
#### mixed 22
set -e
false || echo ok
x=$(false) || echo failed
if ! false; then echo neg; fi
false
echo never
#### mixed 23
set -u; echo "${x-unset}"; echo $x; echo never
#### mixed 24
echo 1 2 3 | (read a b; echo $b $a); echo $a
#### mixed 25
x=5; x=6 echo $x; echo $x
#### mixed 26
a=(1 2 3); for i in "${!a[@]}"; do echo "$i=${a[$i]}"; done; echo "${a[@]: -1}"
#### mixed 27
declare -A h=([one]=1 [two]=2); for k in one two; do echo "$k ${h[$k]}"; done; [[ -v h[one] ]] && echo set
#### mixed 28
s="a,b,c"; IFS=, read -ra p <<< "$s"; echo "${p[1]}"; echo "${s//,/ }"
#### mixed 29
echo {1..3}{a,b} {z..x} a{1,2,3}b
#### mixed 30
! [ a = b ]; echo $?; ! true | false; echo $?
#### mixed 31
f() { return 1; }; f || echo "failed $?"; f && echo no; if f; then :; else echo else $?; fi
#### mixed 32
(exit 1) || (exit 2) || echo $?
#### mixed 33
echo "$(echo a; echo b)" | { read x; read y; echo $y$x; }
#### mixed 34
x=1; { x=2; }; echo $x; (x=3); echo $x; x=4 | true; echo $x
#### mixed 35
f() { x=local; }; f; echo $x; g() { local x=2; h; }; h() { echo "h $x"; }; g
#### mixed 36
printf_() { :; }; echo done # comment with 'quote
#### mixed 37
echo a;echo b;  echo c   ;
#### mixed 38
if true;then echo t;fi;for i in 1;do echo $i;done;{ echo g;}
#### mixed 39
echo \
continued; echo "con\
tinued"
#### mixed 40
x=a; case $x in (a) echo paren;; esac; case $x in a|b) echo or;; esac
#### mixed 41
echo ${#} ${?} ${0##*/} >/dev/null; echo $-x >/dev/null; echo ok
#### mixed 42
echo <<E
E
echo after
#### mixed 43
read -r x <<'E'
$a `b` \n
E
echo "$x"
#### mixed 44
f() { read -r x; echo "f:$x"; } <<E
for f $1
E
f z
#### mixed 45
x=$(
echo a
# comment (with paren
echo b
); echo $x
#### mixed 46
echo "${x:=default}" "$x"; : ${y:=1}; echo $y; unset x; echo ${x=}; echo "[${x-u}]"
#### mixed 47
(( 5 > 3 )) && echo gt; (( 0 )) || echo zero; let "a=5*2"; echo $a
#### mixed 48
x="hello world"; [[ $x =~ ^hello\ (.*)$ ]] && echo "${BASH_REMATCH[1]}"; [[ $x == *wor* ]] && echo has
#### mixed 49
a=1; a+=1; echo $a; b=(x); b+=(y); echo ${b[*]}; ((a+=1)); echo $a
#### mixed 50
echo $((08)) 2>/dev/null; echo $?
#### mixed 51
echo ${x?msg}; echo never
#### mixed 52
cd /nosuch || echo "cd failed"; cd / && pwd
#### mixed 53
unset x; echo "${x+set}" "${x-unset}"; x=; echo "${x+set}" "${x-unset}" "${x:+set}" "${x:-null}"
#### mixed 54
echo a & wait; (sleep_() { :; }; sleep_) & wait $!; echo $?
#### mixed 55
set -- a b c; for i in 1 2 3; do echo ${!i}; done; echo "${@:2}" "${#@}"; shift $(($#-1)); echo $1
#### mixed 56
x=(a b c); unset x[1]; echo ${#x[@]} ${x[@]}; x=("${x[@]}"); echo ${x[1]}
#### mixed 57
exec 2>/dev/null; echo err >&2; nosuch; echo $?
#### mixed 58
a='*'; echo "$a" | { read x; echo "$x"; }; set -f; echo *; set +f
#### mixed 59
v=$'a\nb'; echo "$v" | while read l; do echo "<$l>"; done; echo $v
#### mixed 60
echo $(echo $(echo $(echo deep))); echo `echo \`echo two\``
#### mixed 61
x=abcdef; for ((i=0;i<${#x};i++)); do echo -n "${x:i:1}-"; done; echo
#### mixed 62
: ${A:=$(echo sub)}; echo $A; : "${B:="quoted word"}"; echo "$B"
#### mixed 63
f() { local IFS=,; echo "$*"; }; f 1 2 3; set -- 1 2; echo "$*"
#### mixed 64
while read -r a b; do case $a in '#'*) continue;; esac; echo "$b"; done <<'E'
# comment
k v w
E
#### mixed 65
if (( 1 )) && [[ -n x ]] && [ 1 -lt 2 ]; then echo all; fi
#### mixed 66
echo "${x//a}" ; p=/a/b/c; echo "${p%/*}" "${p##*/}" "${p%%/*}" "${p//\//_}"; IFS=/; set -- $p; echo $#
#### mixed 67
x=5; y=$x$x; z="$x"'$x'"$x"; echo $y $z; echo $x"a"'b'
#### mixed 68
echo -e "a\0101b" "c\x41" '\u00e9'; echo "a\tb"
#### mixed 69
f() { f2; }; f2() { return 5; }; f; echo $?; f2 && echo no || echo yes
#### mixed 70
true | { false; true; } | (exit 9); echo ${PIPESTATUS[*]} 
#### mixed 71
trap "echo t1" EXIT; trap - EXIT; trap 'echo $?' EXIT; (exit 4)
#### mixed 72
x=1 y=2; ((x++, y--)); echo $x $y; echo $((x<y ? x : y)); echo $((x=y=7)) $x
#### mixed 73
a="1 2 3"; b=($a); echo ${#b[@]}; sum=0; for n in ${b[@]}; do ((sum+=n)); done; echo $sum
#### mixed 74
f() { [[ $1 ]] && { echo "has $1"; return; }; echo none; }; f a; f
#### mixed 75
if grep_=1 true; then echo $grep_ none; fi
#### mixed 76
echo 'a
b' | while IFS= read -r line || [ -n "$line" ]; do echo "> $line"; done
#### mixed 77
until false; do echo once; break; done; echo $?
#### mixed 78
for f in /etc/host{name,s}; do [ -e $f ] && echo $f; done
#### mixed 79
[[ "a b" == a\ b ]] && echo y; [[ a =~ ^(a|b)$ ]] && echo r; [[ 'x' < 'y' ]] && echo lt
#### mixed 80
z=$((1?2:3)); echo $z; echo $(( 1 ? 2 : 3 )) $((z==2 && z<3))
#### mixed 81
echo ${nothing} "${nothing}" "" | { read a; echo "[$a]"; }
#### mixed 82
x='a b'; y=("$x" c); echo ${#y[@]} "${y[0]}"; z="${y[*]}"; echo "$z"
#### mixed 83
echo "$((`echo 1`+$(echo 2)))"
#### mixed 84
f() { echo ${1:-def} ${2-}; }; f; f ''; f a b
#### mixed 85
echo a\
b 'c\
d'
#### mixed 86
x=; [ $x ] && echo no; [ "$x" ] || echo empty; [ ! $x ] && echo not
#### mixed 87
! { echo in; false; }; echo $?
#### mixed 88
echo $[1+2] $[ 3*4 ]
#### mixed 89
for x in "$@"; do echo never; done; for x; do echo never; done; echo $#
#### mixed 90
echo "a${x}b" "a$x b" "$x$x" "${x}"; echo ${x}a
#### mixed 91
ls_() { echo "$FUNCNAME"; }; ls_ >/dev/null; echo ok
#### mixed 92
echo "${BASH_VERSION:+has}" >/dev/null; echo $((10#08)) $((10#010))
#### mixed 93
f() { local -i n=$1; local -a a=(1 2); n+=1; echo $n ${a[1]}; }; f 5
#### mixed 94
x=10; while ((x-- > 7)); do echo $x; done; echo $x
#### mixed 95
{ echo 1; exit 4; }; echo never
#### mixed 96
(trap 'echo int' INT; echo hi); echo $?
#### mixed 97
export X=1; (export X=2; echo $X); echo $X
#### mixed 98
case x in *) ;; esac; echo $?; case x in y) ;; esac; echo $?
#### mixed 99
if false; then echo; elif false; then echo; else echo else; fi; [ 1 = 2 ] || { echo grp; }
#### mixed 100
a=b; b=c; echo ${!a} ${a}${b}; n=a; eval "$n=z"; echo $a
#### mixed 101
echo "unterminated
#### mixed 102
for i in 1 2; do echo $i
#### mixed 103
echo a )
#### mixed 104
}; echo b
#### mixed 105
if true; then echo a; fi fi
#### mixed 106
echo a; ;; echo b
#### mixed 107
&& echo a
