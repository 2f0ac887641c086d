#### test of text
[ a ]; echo $?; [ "" ]; echo $?; [ a = a ]; echo $?; [ a != a ]; echo $?; [ -n a ]; echo $?; [ -z "" ]; echo $?; test a == b; echo $?; [ ]; echo $?
#### test of numbers
for op in -eq -ne -lt -le -gt -ge; do [ 2 $op 10 ]; echo -n $? ; [ 2 $op 2 ]; echo -n $?; done; echo; [ 1 -eq x ] 2>/dev/null; echo $?
#### test of files
cd "$D"; for op in -e -f -d -s -r -x -L -h; do for f in a.txt sub link empty nosuch; do [ $op $f ]; echo -n $?; done; echo " $op"; done
#### test with and, or, not, parentheses
[ a -a b ]; echo $?; [ "" -o b ]; echo $?; [ ! a ]; echo $?; [ ! "" ]; echo $?; [ \( a = a \) -a b ]; echo $?; [ ! a = b -a c = c ]; echo $?; [ a = b -o c = c ]; echo $?; [ -n x -a -n y ]; echo $?
#### test that is wrong
[ a b ] 2>/dev/null; echo $?; [ a = ] 2>/dev/null; echo $?; [ a 2>/dev/null; echo $?; test a b c d e 2>/dev/null; echo $?
#### test of words that look like operators
[ -f ]; echo $?; [ = ]; echo $?; [ ! ]; echo $?; [ -a = -a ]; echo $?; [ "(" = "(" ]; echo $?; [ -n = -n ]; echo $?
#### test of comparison
[ a \< b ]; echo $?; [ b \> a ]; echo $?; [ "$D/a.txt" -ef "$D/link" ]; echo $?; [ "$D/a.txt" -nt "$D/old" ]; echo $?; [ "$D/old" -ot "$D/a.txt" ]; echo $?
#### double brackets
[[ a ]]; echo $?; [[ a == a* ]]; echo $?; [[ abc == a*c ]]; echo $?; [[ abc == "a*c" ]]; echo $?; [[ a != b ]]; echo $?; [[ -z "" && -n a ]]; echo $?; [[ a == b || c == c ]]; echo $?; [[ ! a == b ]]; echo $?; [[ ( a == b ) ]]; echo $?
#### no splitting in double brackets
x='a b'; [[ $x == 'a b' ]]; echo $?; [[ -n $x ]]; echo $?; [[ $nothing == "" ]]; echo $?; p='a*'; [[ "a b" == $p ]]; echo $?; [[ "a b" == "$p" ]]; echo $?
#### numbers in double brackets
x=5; [[ x -gt 3 ]]; echo $?; [[ 2+3 -eq x ]]; echo $?; [[ 10 < 9 ]]; echo $?; [[ 10 -lt 9 ]]; echo $?
#### regular expressions
[[ abc123 =~ ^([a-z]+)([0-9]+)$ ]]; echo $? ${BASH_REMATCH[0]} ${BASH_REMATCH[1]} ${BASH_REMATCH[2]}; [[ abc =~ ^b ]]; echo $?; re='^a.c$'; [[ abc =~ $re ]]; echo $?; [[ a.c =~ "a.c" ]]; echo $?; [[ abc =~ "a.c" ]]; echo $?; [[ "x y" =~ [[:space:]] ]]; echo $?
#### files in double brackets
[[ -f $D/a.txt && -d $D && ! -e $D/nosuch ]]; echo $?; [[ -L $D/link ]]; echo $?; [[ -s $D/empty ]]; echo $?
#### variables that are set
x=; [[ -v x ]]; echo $?; [[ -v nothing ]]; echo $?; a=(1); [[ -v a[0] ]]; echo $?; [[ -v a[1] ]]; echo $?; [ -v x ]; echo $?
#### options that are set
[[ -o errexit ]]; echo $?; set -e; [[ -o errexit ]]; echo $?
#### nocasematch
shopt -s nocasematch; [[ ABC == abc ]]; echo $?; case X in x) echo yes;; esac
