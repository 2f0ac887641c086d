#### case multi stdin
x=$(
case $HOME in
  /root) echo root ;;
  *) echo other ;;
esac
)
echo "$x"
#### assoc blanks
declare -A m; m[a b]=1; m["c d"]=2; m[x y z]+=3; echo ${m[a b]} "${m[c d]}" ${m[x y z]} ${#m[@]}
#### globstar
cd $D; shopt -s globstar; echo **; echo **/c; echo sub/**; echo **/
#### dev fd tool
echo a | cat /dev/fd/0; echo b | tee /dev/stderr 2>&1; exec 3< $D/lines; cat /dev/fd/3
#### dev stdin
echo x | cat /dev/stdin; cat /dev/stdin < $D/lines
#### type function
f() { echo a; }; type f
#### non utf8
printf '%s' 'ÿ' | od -An -tx1; x='a'; echo ${#x}
#### procsub loop
for ((i=0;i<300;i++)); do read x < <(echo $i); done; echo $x
#### procsub diff loop
for i in 1 2 3; do diff <(echo $i) <(echo 2) >/dev/null && echo same $i; done
#### procsub pipeline
cat <(printf '3\n1\n2\n') | sort | paste -sd, 2>/dev/null || true
#### procsub two writers
seq 3 | tee >(cat >/dev/null) >(cat >/dev/null) | tail -1
#### procsub in function redirect
f() { while read l; do echo "[$l]"; done; } ; f < <(echo a; echo b)
#### procsub grep
grep -c x <(echo x; echo y; echo xx)
#### procsub early reader
head -1 <(while :; do echo y; done)
#### while sub status
while read a b; do echo $b-$a; done < <(echo 1 2; echo 3 4)
#### select with in function
pick() { select x; do [ -n "$x" ] && break; done; echo "chose $x"; }; printf '9\n\n1\n' | pick one two 2>/dev/null
#### select reply
printf 'foo\n2\n' | { PS3='? '; select i in a b; do echo "$REPLY:$i"; done; } 2>/dev/null; echo
#### lineno more
f() {
  echo $LINENO ${BASH_LINENO[0]}
}
f

f
eval 'echo $LINENO'
#### funcname caller
f() { caller; caller 0; echo $?; g; }; g() { caller 0; }; f
#### random special
RANDOM=7; a=$RANDOM; b=$RANDOM; [ $a != $b ] && echo differ; SECONDS=50; echo $SECONDS
#### alias unalias script
shopt -s expand_aliases
alias x='echo one'
x
unalias x
x 2>/dev/null; echo $?
#### alias in function
shopt -s expand_aliases
alias p='echo aliased'
f() { p; }
alias p='echo later'
f; p
#### alias in eval
shopt -s expand_aliases
alias p='echo aliased'
eval 'p 1'
x=$(p 2); echo $x
(p 3)
#### alias heredoc
shopt -s expand_aliases
alias c='cat <<E'
c
body
E
#### alias multi line loop
shopt -s expand_aliases
alias say='echo said'
for i in 1 2
do
say $i
done
case a in
say) say no;;
a) say yes;;
esac
#### ps4 fn
{ PS4='$(echo X) '; set -x; echo a; set +x; } 2>&1
#### umask octal
umask 077; umask; umask -S; umask -p; (umask 0); umask
#### pushd missing
pushd /nonexistent 2>/dev/null; echo $?; dirs
#### big loop
i=0; for ((;;)); do ((++i >= 10000)) && break; done; echo $i
#### trap in loop
trap 'n=$((n+1))' USR1; for i in 1 2 3; do kill -USR1 $$; done; echo $n
#### for in quoted nothing
e=; for x in $e; do echo no; done; for x in "$e"; do echo "one[$x]"; done
#### for nested in
for x in; do :; done; for y in a; do for x in; do echo no; done; echo $y; done
#### mapfile callback
f() { echo "cb $1 $2"; }; mapfile -t -C f -c 1 x < $D/lines; echo ${#x[@]}
#### read array index
read 'a[2]' <<< hi 2>/dev/null; echo "${a[2]}"
#### kill signals
trap 'echo hup' HUP; trap 'echo usr2' USR2; kill -HUP $$; kill -12 $$; kill -SIGUSR2 $$; echo end
#### exit trap int
trap 'echo exit' EXIT; trap 'echo int; exit 9' INT; kill -INT $$; echo no
#### quoting in alias value
shopt -s expand_aliases
alias q="echo 'a  b'"
q c
#### comment with paren in sub
x=$(echo a # it's (
echo b); echo $x
#### case with quotes in sub
x=$(case "a b" in "a b") echo 'q)';; 'c') echo no;; *) echo other;; esac); echo "$x"
#### case nested in sub
x=$(case a in a) case b in b) echo deep;; esac;; esac); echo $x
#### case with subshell in sub
x=$(case a in a) (echo sub);; esac; echo ")" ); echo $x
#### case in procsub
cat <(case a in a) echo ps;; esac)
#### case after if in sub
x=$(if true; then case $HOME in /*) echo abs;; *) echo rel;; esac; fi); echo $x
#### case in for in sub
x=$(for i in a b; do case $i in a) echo A;; b) echo B;; esac; done); echo $x
#### case extglob sub
shopt -s extglob
x=$(case foo in @(foo|bar)) echo ext;; esac); echo $x
#### case arithmetic sub
x=$(case $((1<<2)) in 4) echo four;; esac); echo $x
#### case fallthrough sub
x=$(case a in a) echo 1;& b) echo 2;;& *) echo 3;; esac); echo $x
#### case assignment sub
x=$(y=1 z=2; case $y in 1) echo one;; esac); echo $x
#### echo case in sub
x=$(echo case in esac); echo $x
#### case function in sub
x=$(f() { case $1 in a) echo fa;; esac; }; f a); echo $x
#### case backquote
x=`case a in a) echo bq;; esac`; echo $x
#### case in dquoted param
echo "${u:-$(case a in a) echo dflt;; esac)}"
#### select word as argument
echo select x in; echo for x in
#### for newline in
for x
in a b
do echo $x; done
#### pipeline last word
echo a | for x in; do cat; done; echo $?
#### array keys arith
declare -A m; m[$((1+1))]=two; a[1+1]=x; echo ${m[2]} ${a[2]}; b=([2]=x [1]=y z); echo ${b[@]}
#### procsub in redirect of builtin
mapfile -t a < <(seq 3); echo "${#a[@]}"; read -r l < <(exit 3); echo $?
#### procsub pipestatus
cat <(false); echo $?
#### exit in procsub
cat <(echo a; exit 3; echo b); echo $?
#### procsub vars
x=1; cat <(x=2; echo $x); echo $x
#### errexit procsub
set -e; cat <(false; echo on); echo end
#### trap exit procsub
trap 'echo bye' EXIT; cat <(echo in)
#### last arg
echo one two >/dev/null; echo $_; f() { echo "in $1"; }; f three; echo $_
#### printf array
printf -v 'm[1]' x; printf -v s '%s-%s' a b; echo ${m[1]} $s
#### getopts in function twice
f() { local OPTIND=1 o; while getopts ab o; do printf '%s ' $o; done; echo; }; f -a -b; f -ab
#### hash d
hash -r; hash nosuchcmd 2>/dev/null; echo $?
#### command v multiple
command -v cd nosuch if; echo $?; command -v nosuch; echo $?
#### type p
type -p cd; echo $?; type -P nosuch; echo $?
#### cd too many
cd / /usr 2>/dev/null; echo $?; cd ''; echo $?
#### popd plus
cd /; pushd /usr >/dev/null; pushd /bin >/dev/null; popd +1; popd -0; popd 2>/dev/null; echo $?
#### declare lists
declare -i n=5; declare -r r=1; declare -p n r; export E1=x; declare -p E1; declare -A h=([a]=1); declare -p h
#### transform A
a=(1 2); echo "${a[@]@A}"; declare -x v=1; echo ${v@A}; echo ${nosuch@A}
#### unset in loop
for i in 1 2; do unset i; echo "[$i]"; done
#### test v
declare -A m=([k]=1); a=(x); [[ -v m[k] ]]; echo $?; [[ -v a[0] ]]; echo $?; [[ -v a[1] ]]; echo $?; [[ -v PATH ]]; echo $?
#### regex special
[[ "a.b" =~ ^a\.b$ ]]; echo $?; [[ axb =~ "a.b" ]]; echo $?; [[ ab =~ (x)?(b) ]]; echo "[${BASH_REMATCH[1]}]" ${#BASH_REMATCH[@]}
#### jobs spec
sleep 20 & jobs %1 >/dev/null; echo $?; jobs %7 2>/dev/null; echo $?; kill %sleep; wait 2>/dev/null; echo $?
#### kill zero
sleep 20 & kill -0 $!; echo $?; kill $!; wait $!; echo $?
#### umask subshell
umask 022; (umask 0; umask); umask
#### read many options
printf 'x\\ty z\n' | { read -r a b; echo "$a|$b"; }; printf 'x\\ y z\n' | { read a b; echo "$a|$b"; }
#### dollar underscore dash
set -e; case $- in *e*) echo e;; esac; set +e
#### ifs hereq
IFS=, read a b <<< '1,2,3'; echo "$a $b"
#### nested herestring
cat <<< "$(cat <<< inner)"
#### heredoc cmd
cat <<E
$(echo a; echo b) ${x:-d} \$x `echo bq`
E
#### heredoc dash in function
f() {
	cat <<-'E'
		$x
	E
}
f
#### case before a parenthesis a1
( case a in (a) echo ps;; esac )
#### case before a parenthesis a2
( case a in a) echo ps;; esac )
#### case before a parenthesis a3
cat <( case a in a) echo ps;; esac )
#### case before a parenthesis a4
cat <(case a in (a) echo ps;; esac)
#### case before a parenthesis a5
cat <(case a in a) echo ps;; esac; echo b)
#### case before a parenthesis a6
cat <(case a in (a) echo ps;; esac
)
