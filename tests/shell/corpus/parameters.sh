#### defaults
unset x; echo "${x-d}" "${x:-d}" ${x:-a b} "${x:-"q  r"}"; x=; echo "[${x-d}]" "[${x:-d}]"; echo ${x:-$(echo sub)} ${x:-${y:-deep}}
#### assignment of defaults
unset x; echo ${x:=5} $x; y=; echo ${y=6} "[$y]"; echo ${y:=7} $y
#### alternatives
x=1; unset y; echo "[${x+a}][${y+a}][${x:+b}]"; x=; echo "[${x+a}][${x:+a}]"
#### errors
(echo ${x:?gone}; echo no); echo $?; (echo ${x?}); echo $?; x=1; echo ${x:?never}
#### length
x=hello; echo ${#x} ${#nothing}; set -- a b c; echo $# ${#@} ${#*}; x=äöü; echo ${#x}
#### prefixes and suffixes
p=/usr/lib/x.tar.gz; echo ${p#*/} ${p##*/} ${p%.*} ${p%%.*} ${p%/*} ${p#nosuch} ${p##*.}
#### patterns in quotes match themselves
x='a*b*c'; echo ${x#"a*"} ${x#a\*} ${x%%"*"*}; y='a*'; echo ${x#$y} ${x#"$y"}
#### replacement
x='a.b.c.a'; echo ${x/a/X} ${x//a/X} ${x/#a/X} ${x/%a/X} ${x//./} ${x/nosuch/Y} ${x//[ab]/-}; echo "${x//./ }"
#### replacement by what matched
x=abc; echo ${x/b/[&]} ${x/b/\&} "${x//[ac]/<&>}"
#### replacement with slashes and variables
p=/a/b; echo ${p//\//:} ${p/\/a/z}; r=R; echo ${p//a/$r} "${p//a/"$r"}"
#### substrings
x=abcdefgh; echo ${x:2} ${x:2:3} ${x: -3} ${x: -3:2} ${x:1:-2} ${x:0:0}- ${x:20}-; n=2; echo ${x:n:n+1} ${x:$n}
#### substrings of the arguments
set -- a b c d; echo ${@:2} , ${@:2:2} , ${@: -1} , ${*:1:2}
#### case
x='hello World'; echo ${x^} ${x^^} ${x,} ${x,,} ${x^^[lo]}; y=ÉA; echo ${y,,}
#### quoting of a value
x="a b"; echo ${x@Q}; y="it's"; echo ${y@Q}; z=$'a\nb'; echo ${z@Q}; echo ${x@U} ${x@L} ${x@u}; w='a\tb'; echo "${w@E}"
#### indirect
a=1; b=a; echo ${!b}; c=b; echo ${!c}; set -- x y; i=2; echo ${!i}; ab1=x ab2=y; echo ${!ab*} ; echo ${!b:-none} ${!b#1}
#### special parameters
set -- a b; echo $# $1 ${2} "${10}" ${0:+set}; false; echo $?; true; echo $?
#### more than nine arguments
set -- 1 2 3 4 5 6 7 8 9 10 11; echo $10 ${10} ${11}; shift 3; echo $1 $#; shift; echo $1
#### appending
x=a; x+=b; x+="c d"; echo "$x"; n=1; n+=2; echo $n
#### several assignments
a=1 b=2 c=$a$b; echo $a $b $c; x=$y$x; echo "[$x]"
#### assignments for one command only
x=1; f() { echo "in $x"; }; x=2 f; echo $x; y=3 eval 'echo $y'; echo "[$y]"; IFS=: read a b <<< 1:2; echo "$a $b"
#### values are not split in assignments
x='a   b'; y=$x; echo "$y"; z="$x"$x; echo "$z"; export w=$x; echo "$w"
#### nested quotes in an operator
x=; echo "${x:-"a b"}" "${x:-'q'}" ${x:-'q r'} "${x:-\}}" "${x:+y}"; y='"'; echo "${x:-$y}"
#### an unset variable under -u
(set -u; echo $nothing; echo no); echo $?; (set -u; echo ${nothing:-ok} "${nothing+set}" $#); (set -u; set --; echo "$@" ok)
#### bad substitution
(echo ${a!b}; echo no); echo $?
#### positional parameters in a function and after it
f() { echo $# "$1" "$*"; set -- z; echo $1; }; set -- 1 2; f a 'b c'; echo "$@"
#### at sign keeps empty arguments
f() { echo $#; }; set -- "" ""; f "$@"; f $@; f "$*"
#### a value with a backslash
x='a\b'; echo $x "$x"; y='\*'; echo "$y"; case 'a\b' in $x) echo unquoted;; "$x") echo quoted;; esac
#### defaults that split
f() { echo $#; }; f ${x:-a b c}; f "${x:-a b c}"; f ${x:-"a b" c}; f ${x-}; f "${x-}"
