#### quotes keep blanks and specials
echo a   b; echo "a   b" 'c  $d' "it's" 'say "x"' a\ b "\$x \"q\" \\ \n"
#### ansi-c quotes
echo $'a\tb\nc\x41\101\u00e9\'q\\'; printf '%s|' $'\e[0m' $'a\cab'; echo
#### empty words stay where they are quoted
set -- "" a '' ; echo $#; set -- $nothing; echo $#; set -- "$nothing"; echo $#; set -- $nothing"" ; echo $#
#### splitting by IFS
x='a b  c'; set -- $x; echo $# "$2"; IFS=:; y='1::2:'; set -- $y; echo $# "<$1><$2><$3>"
#### splitting mixes blanks and other separators
IFS=' :'; x=' a : b:c '; set -- $x; for i; do echo "<$i>"; done
#### no splitting with an empty IFS
IFS=; x='a b'; set -- $x; echo $#
#### a value joins the text around it
x='b c'; set -- a${x}d; echo $# "$1" "$2"; set -- a"$x"d; echo $#
#### all arguments, quoted and not
set -- 'a b' '' c; for i in "$@"; do echo "<$i>"; done; for i in $@; do echo "<$i>"; done; for i in "$*"; do echo "<$i>"; done; IFS=-; echo "$*" $*
#### arguments with text around them
set -- 1 2 3; for i in "x$@y"; do echo "<$i>"; done; set --; for i in "x$@y" "$@"; do echo "<$i>"; done
#### braces
echo {a,b,c} x{1,2}y {1..5} {5..1} {a..e} {1..10..3} {a,b{1,2}} {x} {} a{,b}c "{a,b}" {a,"b c"}
#### braces with variables
x=5; echo {$x,y} $x{a,b}
#### padded sequences
echo {01..03} {8..011} a{-02..1}b {01..09..4} x{1..3}{01..02}
#### tilde
HOME=/h; echo ~ ~/x "~" a~ ~/; x=~/y:~/z; echo $x; echo ~nosuchuser
#### command substitution loses newlines at its end only
x=$(printf 'a\n\nb\n\n\n'); echo "$x"; echo $x; echo "$(echo "in ner")" `echo back \`echo tick\``
#### command substitution in quotes in quotes
echo "$(echo "$(echo "a  b")")"; x="$(echo 'c"d')"; echo "$x"
#### command substitution has its own variables
x=1; y=$(x=2; echo $x); echo $x $y
#### the exit code of a substitution is that of the assignment
x=$(exit 3); echo $?; y=$(true) ; echo $?; echo $(exit 4); echo $?
#### a substitution with a case in it
echo $(case a in (a) echo yes;; (b) echo no;; esac)
#### multi-line substitution
echo $(
  echo one # comment
  echo two
)
#### file names
cd "$D"; echo *; echo *.txt; echo ?.txt; echo [ab].txt [!a]*.txt; echo nosuch*; echo sub/*; echo */; echo .*hid*; echo "*.txt" \*.txt
#### file names from a variable
cd "$D"; p='*.txt'; echo $p; echo "$p"; set -f; echo $p; set +f; for f in $p; do echo "<$f>"; done
#### file names with blanks are one word each
cd "$D/sub"; for f in *; do echo "<$f>"; done; echo "$D"/sub/a*
#### nullglob and dotglob
cd "$D"; shopt -s nullglob; echo x nosuch* y; shopt -u nullglob; shopt -s dotglob; echo *
#### a comment, a continuation and an empty command
echo a \
  b # c
# nothing
:
echo c#d
#### words that look like options of echo
echo -n a; echo -e 'b\tc'; echo -E 'd\te'; echo -x; echo - ; echo -- ; echo -ne 'f\n'; echo -nx
#### dollar signs that stand for themselves
echo $ "$" a$ "$." $% '$x' "a$"
#### escapes
echo \a \\ \$x "a\b" "\`" a\"b; echo 'a\nb'; echo "a\
b"
