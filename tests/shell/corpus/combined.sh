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
