#### procsub read
cat <(echo a) <(echo b)
#### procsub while
n=0; while read -r x; do n=$((n+1)); done < <(printf '1\n2\n3\n'); echo $n
#### procsub diff
diff <(echo a; echo b) <(echo a; echo b) && echo same
#### procsub diff differs
diff <(echo a) <(echo b); echo $?
#### procsub function argument
f() { cat "$1"; }; f <(echo in function)
#### procsub output
echo hello > >(cat); wait
#### procsub tee
echo hello | tee >(tr a-z A-Z >&2) 2>/dev/null
#### procsub read twice
read a < <(echo 1); read b < <(echo 2); echo $a $b
#### procsub nested
cat <(cat <(echo deep))
#### procsub wait
cat <(exit 3); wait $!; echo $?
#### procsub exec
exec 3< <(echo three; echo four); read a <&3; read b <&3; echo $a $b
#### procsub mapfile
mapfile -t x < <(printf 'a\nb\n'); echo ${#x[@]} ${x[1]}
#### procsub source
source <(echo 'v=5'); echo $v
#### procsub quoted parts
x='a b'; cat <(echo "$x"  "c")
#### case in substitution
x=$(case a in a) echo yes;; b) echo no;; esac); echo $x
#### case in substitution with paren
x=$(case a in (a) echo yes;; (*) echo no;; esac); echo $x
#### case in substitution multi line
x=$(
case $HOME in
  /root) echo root ;;
  *) echo other ;;
esac
)
echo "$x"
#### case in substitution in quotes
echo "v: $(case b in a|b) echo ab;; esac) end"
#### for in nothing
set -- 1 2 3; for x in; do echo $x; done; echo end
#### for in nothing newline
set -- 1 2; for x in
do echo $x; done; echo end
#### for without in
set -- 1 2 3; for x; do echo $x; done
#### select
printf '2\n' | { select x in a b c; do echo "got $x $REPLY"; break; done; } 2>/dev/null
#### select eof
select x in a b; do echo no; done </dev/null 2>/dev/null; echo $?
#### alias in scripts
shopt -s expand_aliases
alias hi='echo hello'
hi there
#### alias off
alias hi='echo hello'
hi there 2>/dev/null; echo $?
#### alias trailing space
shopt -s expand_aliases
alias run='echo ' w='world'
run w w
#### alias recursion
shopt -s expand_aliases
alias echo='echo x'
echo y
#### alias chain
shopt -s expand_aliases
alias a='b 1' b='echo'
a 2
#### alias compound
shopt -s expand_aliases
alias both='echo 1; echo 2'
both 3
#### alias keyword
shopt -s expand_aliases
alias loop='for i in 1 2; do'
loop echo $i; done
#### alias pipes
shopt -s expand_aliases
alias e='echo abc | tr a-z'
e A-Z
#### alias listing
alias b='x y' a='it'"'"'s'; alias; alias a; alias nosuch 2>/dev/null; echo $?
#### unalias
alias a=b; unalias a; alias; unalias a 2>/dev/null; echo $?
#### kill int self
trap 'echo int' INT; kill -INT $$; echo after
#### kill term self
trap 'echo term; exit 3' TERM; kill -TERM $$; echo never
#### kill usr1
trap 'echo usr1' USR1; kill -USR1 $$; kill -s USR1 $$; echo after
#### kill dies
kill -TERM $$; echo never
#### trap err
trap 'echo err $?' ERR; false; true; (exit 4); echo end
#### trap exit
trap 'echo bye $?' EXIT; exit 5
#### trap exit subshell
trap 'echo bye' EXIT; (echo sub); echo main
#### trap list
trap 'echo a' INT EXIT; trap 'x' ERR; trap; trap -p INT
#### trap reset
trap 'echo a' EXIT; trap - EXIT; echo end
#### disown
sleep 0.1 & disown; jobs; echo ok
#### disown bad
disown %5 2>/dev/null; echo $?
#### wait n
(exit 3) & wait -n; echo $?; wait -n 2>/dev/null; echo $?
#### wait pid
(exit 3) & p=$!; (exit 4) & wait $p; echo $?; wait $!; echo $?; wait $p; echo $?
#### wait many
for i in 1 2 3; do (exit $i) & done; wait; echo $?
#### wait p var
(exit 6) & wait -p v $!; echo $? $([ "$v" = $! ] && echo same)
#### wait nochild
wait 99999 2>/dev/null; echo $?
#### kill job number
sleep 50 & kill %1; wait %1; echo $?
#### kill l
kill -l 9; kill -l 137; kill -l TERM
#### time format empty
TIMEFORMAT=; { time true; } 2>&1
#### pwd P
cd /; mkdir -p /nonexist 2>/dev/null; cd $D/sub; pwd | sed "s|$D||"; pwd -P | sed "s|$D||"; cd - >/dev/null; pwd
#### cd dash
cd $D; cd sub; cd - | sed "s|$D||"; echo $OLDPWD | sed "s|$D||"
#### cdpath
cd /; CDPATH=$D; cd sub | sed "s|$D||"; pwd | sed "s|$D||"
#### cd errors
cd /nonexistent 2>/dev/null; echo $?; cd $D/a.txt 2>/dev/null; echo $?
#### pushd
cd /; pushd /usr >/dev/null; pushd /bin >/dev/null; dirs; popd; popd; dirs
#### pushd rotate
cd /; pushd /usr; pushd /bin; pushd; pushd +1; dirs -v; dirs -p; popd +1; dirs -c; dirs
#### popd empty
popd 2>/dev/null; echo $?; pushd 2>/dev/null; echo $?
