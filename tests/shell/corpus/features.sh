#### type t
f() { :; }; type -t f; type -t cd; type -t if; type -t nosuch; echo $?
#### type function
f() { echo a; }; type f
#### type all
type -at cd; type -t -a echo | head -1
#### type keyword
type if; type '{'; type cd
#### command v
f() { :; }; command -v f cd nosuch; echo $?; command -v if
#### command V
command -V cd; command -V if; f() { :; }; command -V f | head -1
#### builtin
cd() { echo mine; }; builtin cd /usr; pwd; cd
#### builtin bad
builtin nosuch 2>/dev/null; echo $?
#### getopts loop
set -- -a -b val -c x; while getopts ab:c o; do echo $o $OPTARG $OPTIND; done; shift $((OPTIND-1)); echo $@
#### getopts silent
set -- -x -b; while getopts :b: o; do echo "$o $OPTARG"; done
#### read a
echo 'a b c' | { read -ra x; echo ${#x[@]} ${x[2]}; }
#### read d
printf 'a:b' | { read -d : x; echo $x; read -d : y; echo $? $y; }
#### read n N
printf 'abc\ndef' | { read -n 2 x; read -N 4 y; echo "$x|$y"; }
#### read u
exec 4< $D/lines; read -u 4 x; echo $x; exec 4<&-
#### read t 0
echo a | { sleep 0.1; read -t 0 && echo ready; }
#### read i
read -r x y <<< 'a  b  c'; echo "$x|$y"
#### mapfile options
printf '%s\n' a b c d e | { mapfile -t -n 2 -s 1 x; echo "${x[@]}"; }
mapfile -t -O 2 y < $D/lines; declare -p y
mapfile -d : z <<< 'a:b:c'; echo ${#z[@]}
#### mapfile u
exec 5< $D/lines; mapfile -u 5 -t x; echo "${x[*]}"
#### mapfile callback
f() { echo "cb $1 $2"; }; mapfile -t -C f -c 2 x < $D/lines
#### printf v
printf -v x '%05d' 42; echo $x; printf -v 'a[2]' %s hi; declare -p a
#### declare a A
declare -a a=(1 2); declare -A m=([x]=1 [y]=2); declare -p a; echo ${m[x]} ${m[y]} ${#m[@]}
#### declare i
declare -i n=3*4; n+=2; echo $n; declare -p n
#### declare lu
declare -l x=ABC; declare -u y=abc; echo $x $y; x=DEF; echo $x
#### declare r
declare -r R=1; R=2 2>/dev/null; echo never
#### declare p missing
declare -p nosuch 2>/dev/null; echo $?
#### declare f
f() { echo hi; }; declare -F; declare -F f; declare -f nosuch; echo $?
#### local
f() { local x=1 y; y=2; g; }; g() { echo $x $y; }; f; echo "[$x$y]"
#### local unset
x=1; f() { local x; echo "[$x]"; x=2; }; f; echo $x
#### local dash
f() { local -; set -f; echo $-; }; f | grep -c f; echo $- | grep -c f
#### readonly
readonly x=1; unset x 2>/dev/null; echo $? $x; readonly -p | grep -c ' x='
#### readonly array
readonly -a a=(1 2); declare -p a
#### declare element
declare 'a[1]=x'; declare -p a; declare -A m; declare m[k]=v; declare -p m
#### local array
f() { local -a a=(1 2 3); local -A m=([k]=v); echo ${#a[@]} ${m[k]}; }; f; echo ${#a[@]}
#### export p
export A1=x; export -p | grep A1
#### arrays append
a=(1 2); a+=(3); a[10]=x; echo ${!a[@]} ${a[@]: -1} ${a[-1]}; unset 'a[0]'; echo ${!a[@]}
#### array slices
a=(a b c d e); echo ${a[@]:1:2} ${a[@]/a/z} ${a[@]#b} "${a[*]}"; IFS=,; echo "${a[*]}"
#### assoc
declare -A m; m[a b]=1; m["c"]=2; k='x y'; m[$k]=3; echo ${m[a b]} ${m[c]} ${m[$k]} ${#m[@]}; unset 'm[c]'; echo ${#m[@]}; [[ -v m[c] ]]; echo $?
#### assoc append
declare -A m=([a]=1); m+=([b]=2); m[a]+=x; echo ${m[a]} ${m[b]}
#### assoc arith
declare -A m; ((m[x]++)); ((m[x]+=5)); echo ${m[x]}; k=x; echo $((m[$k]*2))
#### let
let x=1+2 y=x*2; echo $x $y; let 'z = 0'; echo $?
#### arith cmd
((x=5, y=x++)); echo $x $y; ((0)); echo $?
#### nullglob
cd $D; shopt -s nullglob; echo x nosuch*; shopt -u nullglob; echo nosuch*
#### failglob
cd $D; shopt -s failglob; echo nosuch* 2>/dev/null; echo after $?
#### dotglob
cd $D; shopt -s dotglob; echo *hid
#### nocasematch
shopt -s nocasematch; [[ ABC == abc ]]; echo $?; case X in x) echo m;; esac; [[ ABC =~ b ]] && echo r
#### nocaseglob
cd $D; shopt -s nocaseglob; echo A.TX*
#### shopt q
shopt -q nullglob; echo $?; shopt -s nullglob; shopt -q nullglob; echo $?; shopt nullglob; shopt -p nullglob
#### shopt bad
shopt -s nosuch 2>/dev/null; echo $?
#### set o
set -o | grep -E 'errexit|xtrace|noglob|pipefail'; set -o errexit; set +o | grep errexit
#### xtrace out
{ set -x; echo a 'b c'; x=1; y="2 3"; echo $x$y; [ 1 = 1 ]; } 2>&1
#### ps4
{ PS4='> '; set -x; echo a; } 2>&1
#### ps4 lineno
{ PS4='+$x: '; x=5; set -x; echo a; } 2>&1
#### caller
f() { caller 0; caller; }; f | grep -c main; caller 2>/dev/null; echo $?
#### exec redirect
exec 3>&1; echo a >&3; exec 3>&-; { echo b >&3; } 2>/dev/null; echo $?
#### eval
eval 'x=1; echo $x'; eval "echo 'a  b'"; eval; echo $?
#### test ops
[ -f $D/a.txt -a ! -d $D/a.txt ] && echo y; test -L $D/link && echo l; [ a \< b ] && echo lt; [ -e /nonexist -o -n x ]; echo $?
#### regex
[[ 'foo123bar' =~ ([a-z]+)([0-9]+) ]]; echo ${BASH_REMATCH[0]} ${BASH_REMATCH[1]} ${BASH_REMATCH[2]} ${#BASH_REMATCH[@]}; re='^a.c$'; [[ abc =~ $re ]] && echo re
#### quote op
x="it's"; echo ${x@Q}; a=(1 'b c'); echo ${a[@]@Q}; echo "${x@U} ${x@u} ${x@L}"; y='a\nb'; echo "${y@E}"; declare -i n=1; echo ${n@a} ${x@A}
