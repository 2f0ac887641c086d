#### if
if true; then echo a; fi; if false; then echo b; else echo c; fi; if false; then :; elif true; then echo d; fi; if false; then :; fi; echo $?
#### while and until
i=0; while ((i<3)); do echo $i; ((i++)); done; until ((i==0)); do ((i--)); done; echo $i; while false; do :; done; echo $?
#### for
for i in a "b c" $(echo d e); do echo "<$i>"; done; for i in; do echo never; done; set -- x y; for i; do echo $i; done; for i do echo $i; done
#### break and continue
for i in 1 2 3 4; do [ $i = 2 ] && continue; [ $i = 4 ] && break; echo $i; done; for i in 1 2; do for j in 1 2; do [ $j = 2 ] && continue 2; echo $i$j; done; done; for i in 1 2; do while :; do break 2; done; done; echo $i
#### the exit code of a loop
for i in 1 2; do false; done; echo $?; for i in 1; do break; done; echo $?; while true; do false; break; done; echo $?
#### case
for x in a bc 12 "" 'a b' z; do case $x in a) echo A;; b*|c*) echo B;; [0-9]*) echo N;; "") echo E;; "a b") echo S;; *) echo other;; esac; done
#### case falls through
case a in a) echo 1;& b) echo 2;; c) echo 3;; esac; case ab in a*) echo 1;;& *b) echo 2;;& z) echo 3;; *) echo 4;; esac
#### case with patterns from variables
p='a*'; case abc in $p) echo match;; esac; case abc in "$p") echo no;; *) echo quoted;; esac; case '*' in \*) echo star;; esac
#### case with extended patterns
shopt -s extglob
case foo.txt in @(*.txt|*.md)) echo doc;; esac; case aaa in +(a)) echo as;; esac; case b in !(a)) echo nota;; esac
#### and, or, not
true && echo a || echo b; false && echo a || echo b; ! true; echo $?; ! false && echo c; true || echo never && echo d
#### groups and subshells
{ echo a; echo b; }; (x=1; echo $x); echo "[$x]"; (exit 5); echo $?; { false; }; echo $?; (cd /; pwd)
#### pipelines
echo a b c | { read x y; echo $y $x; }; echo 1 | while read n; do echo $((n+1)); done; printf '%s\n' c a b | while read l; do echo "<$l>"; done
#### variables in a pipeline stay there
x=1; echo 2 | read x; echo $x; echo 3 | { read x; echo $x; }; echo $x
#### the exit code of a pipeline
false | true; echo $?; true | false; echo $?; set -o pipefail; false | true; echo $?; (exit 3) | (exit 4) | true; echo $?; ! false | true; echo $?
#### functions
f() { echo "$1-$#"; return 3; }; f a b; echo $?; function g { echo g; }; g; function h() { echo h; }; h; k() (echo sub); k
#### return
f() { for i in 1 2 3; do [ $i = 2 ] && return 7; echo $i; done; }; f; echo $?; g() { false; return; }; g; echo $?
#### local
x=1; f() { local x=2 y; y=3; g; echo $x; }; g() { echo "g sees $x"; x=9; }; f; echo $x "[$y]"
#### recursion
fact() { if (( $1 <= 1 )); then echo 1; else echo $(( $1 * $(fact $(($1-1))) )); fi; }; fact 6; fib() { local n=$1; if ((n<2)); then r=$n; else fib $((n-1)); local a=$r; fib $((n-2)); r=$((a+r)); fi; }; fib 12; echo $r
#### functions with redirections
f() { echo out; echo err >&2; } 2>/dev/null; f; g() { read x; echo "<$x>"; } <<< hi; g
#### redefining and removing a function
f() { echo 1; }; f; f() { echo 2; }; f; unset -f f; f 2>/dev/null; echo $?
#### eval
x='echo a; echo b'; eval "$x"; eval 'y=5'; echo $y; eval; echo $?; eval false; echo $?; eval "if"; echo $?
#### exit in places
(exit 3); echo $?; f() { exit 4; }; (f; echo no); echo $?; exit 7
#### exit code of the last command
false
#### nested loops and conditions
for i in 1 2 3; do if ((i%2)); then for j in a b; do echo $i$j; done; else case $i in 2) echo two;; esac; fi; done
#### a here-document feeds a loop
while read -r a b; do echo "$b:$a"; done <<END
1 one
2 two three
END
#### background and wait
(exit 3) & wait $!; echo $?; { echo bg; } & wait; echo $?; false & true; wait $!; echo $?
#### several jobs
for i in 1 2 3; do (exit $i) & p="$p $!"; done; for j in $p; do wait $j; echo $?; done; wait 99999999; echo $?
#### source
echo before; . "$D/lib.sh" a b; echo "$v" "$1"; . "$D/ret.sh"; echo $?; . /nosuch/file; echo $?
#### errexit
(set -e; echo a; false; echo no); echo $?; (set -e; if false; then :; fi; false || true; ! true; echo on); (set -e; f() { false; echo no; }; f); echo $?
#### errexit in a substitution and a subshell
(set -e; x=$(false); echo no); echo $?; (set -e; (false); echo no); echo $?; (set -e; false | true; echo on); (set -e; { false; echo no; }); echo $?
#### errexit spares tested commands
set -e; f() { false; echo in f; }; if f; then echo yes; fi; f || echo never; while f; do break; done; false && true; echo end
#### the not of a pipeline
! echo a | { read x; false; }; echo $?; ! ! true; echo $?
#### time says nothing on stdout
time echo a 2>/dev/null
