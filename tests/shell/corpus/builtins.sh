#### cd and pwd
cd /usr; pwd; echo $PWD $OLDPWD; cd lib; pwd; cd ..; pwd; cd -; cd; pwd; cd /nosuch; echo $?; pwd; cd /usr/../etc; pwd; cd a b; echo $?
#### cd to a file
cd /etc/passwd; echo $?; cd ""; echo $?
#### export and env
export A=1 B; B=2; declare -p A B; export -n A; declare -p A; export C; declare -p C 2>/dev/null
#### unset
x=1; unset x; echo "[$x]"; f() { :; }; unset -f f; f 2>/dev/null; echo $?; unset nothing; echo $?; unset -v x y; echo $?
#### readonly
readonly r=1; (r=2; echo no); echo $? $r; unset r; echo $?; (export r=3; echo "exported $r"); f() { local r=5; echo "local $? $r"; }; f
#### set prints and sets arguments
set -- a 'b c'; echo $# "$2"; set x y; echo $1; set -; set --; echo $#
#### option letters
set -eu; case $- in *e*u*) echo both;; esac; set +e; case $- in *e*) echo e;; *) echo none;; esac; set -o | while read n v; do [ $n = nounset ] && echo $v; done
#### shift
set -- a b c; shift; echo $*; shift 2; echo $#; shift; echo $?; shift 5; echo $?
#### read
read a b c <<< "1 2 3 4"; echo "$a|$b|$c"; read <<< " x "; echo "[$REPLY]"; read a b <<< "one"; echo "[$a][$b]"; read x < /dev/null; echo $? "[$x]"
#### read with IFS and backslashes
IFS=: read a b c <<< "x:y::z"; echo "$a|$b|$c"; read a <<< 'p\q'; echo $a; read -r a <<< 'p\q'; echo $a; read a b <<< 'x\ y z'; echo "$a|$b"; IFS= read -r l <<< "  keep  "; echo "[$l]"
#### read into an array
read -a w <<< "a b c"; echo ${#w[@]} ${w[2]}; IFS=, read -ra w <<< "x,y z,,w"; echo ${#w[@]} "${w[1]}" "[${w[2]}]"
#### read with a count or a delimiter
read -n 3 x <<< abcdef; echo $x; read -N 4 x <<< "a b c"; echo "[$x]"; read -d : x <<< "ab:cd"; echo $x
#### read at the end of a file without a newline
printf 'a\nb' | { read x; echo $? $x; read y; echo $? $y; }
#### read separators at the end
IFS=: read a b <<< "1:2:"; echo "[$a][$b]"; IFS=: read a b <<< "1:2:3:"; echo "[$a][$b]"; IFS=: read a <<< "1:"; echo "[$a]"; read a b <<< "  x   y   "; echo "[$a][$b]"
#### declare
declare x=1 y; echo $x "[$y]"; declare -i n=2+3; echo $n; declare -u up=abc; echo $up; declare -l lo=ABC; echo $lo; declare -x e=1; declare -p e; declare -r c=1; declare -p c; declare +x e; declare -p e
#### declare in a function is local
x=1; f() { declare x=2; echo $x; declare -g y=3; }; f; echo $x $y
#### local outside of a function
local x=1; echo $?
#### type and command
f() { :; }; type -t f; type -t cd; type -t nosuch; echo $?; command -v cd; command -v f; command -v nosuch; echo $?; command echo hi; cd() { echo mine; }; cd; command cd /usr; pwd; builtin cd /; pwd
#### colon, true, false
: a b; echo $?; true x; echo $?; false x; echo $?
#### a command that is not there
nosuchcommand; echo $?; /nosuch/command; echo $?; /etc; echo $?; /etc/passwd; echo $?; ""; echo $?
#### getopts
f() { local OPTIND=1 o; while getopts ab:c o; do echo "$o ${OPTARG-none}"; done; shift $((OPTIND-1)); echo "rest $*"; }; f -a -b x -c y z; f -ab val w; f -bval -- -a; f
#### getopts with mistakes
while getopts :a:b o -a; do echo "$o $OPTARG"; done; OPTIND=1; while getopts :a:b o -z -b; do echo "$o $OPTARG"; done
#### printf
printf '%s-%d\n' a 1 b 2; printf 'x\ty\n'; printf '%5s|%-5s|%05d\n' a b 3; printf '%%\n'
#### printf into a variable
printf -v x '%03d' 7; echo $x; printf -v 1y a 2>/dev/null; echo $?
#### aliases need a session
alias ll='echo x'; ll 2>/dev/null; echo $?; alias ll; unalias ll; alias ll 2>/dev/null; echo $?
#### trap on exit
trap 'echo bye $?' EXIT; echo a; exit 3
#### trap on exit in a subshell
(trap 'echo sub' EXIT; echo in); trap 'echo main' EXIT; (echo no trap here); echo end
#### trap on a signal
trap 'echo got' USR1; kill -USR1 $BASHPID; echo after; trap - USR1; trap '' TERM; kill -TERM $BASHPID; echo ignored
#### trap prints
trap 'echo x' EXIT; trap 'echo "it'\''s"' INT; trap; trap - EXIT INT; trap
#### trap on errors
trap 'echo err $?' ERR; false; if false; then :; fi; false || true; (exit 3); echo end
#### a trap that exits
trap 'exit 9' EXIT; echo a; exit 1
#### wait
wait; echo $?; true & wait $!; echo $?; wait %5 2>/dev/null; echo $?
#### jobs without job control
{ read x; echo "$?$x"; } & wait; fg 2>/dev/null; echo $?; bg 2>/dev/null; echo $?
#### names that can't be variables
export 1x=2 2>/dev/null; echo $?; read 1x <<< a; echo $?; for 1x in a; do :; done; echo $?; unset 1x; echo $?
#### RANDOM and SECONDS
[[ $RANDOM -ge 0 && $SECONDS -ge 0 ]]; echo $?; a=$RANDOM b=$RANDOM c=$RANDOM; [[ $a == $b && $b == $c ]]; echo $?
#### xtrace goes to stderr
set -x; echo a; x=1; set +x; echo b
#### noexec
set -n; echo never
#### verbose goes to stderr
set -v; echo a
#### allexport
set -a; x=1; declare -p x
#### exit codes of builtins
cd /nosuch 2>/dev/null || echo failed; shift 1 2>/dev/null || echo empty; unset -z 2>/dev/null; echo $?; set -o nosuch 2>/dev/null; echo $?; exit 300
