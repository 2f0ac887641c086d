#### to nowhere and to each other
echo a >/dev/null; echo b 2>/dev/null; { echo c; echo d >&2; } 2>&1; echo e >&2 2>/dev/null; { echo f >&2; } 2>/dev/null; echo g &>/dev/null; echo h >/dev/null 2>&1
#### from a file
read x < "$D/lines"; echo $x; while read l; do echo "<$l>"; done < "$D/lines"; x=$(< "$D/lines"); echo "$x"
#### from a file that is not there
read x < /nosuch/file; echo $?; echo on; { echo never; } < /nosuch; echo $?; (exit 0) < /nosuch; echo $?
#### writing where nothing may be written
echo a > /nosuch/dir/x; echo $?; f() { echo never; }; f > /nosuch/x; echo $?; > /nosuch/x; echo $?
#### here-documents
x=v; read a <<END
$x $(echo s) $((1+1)) \$x "q" 'q' \\
END
echo "$a"; while read -r l; do echo "$l"; done <<'END'
$x $(echo s) \$x "q"
END
#### here-documents without tabs
while read l; do echo "<$l>"; done <<-END
	one
		two
	END
echo after
#### two here-documents
{ read a; read b <&3; echo $a $b; } <<A 3<<B
first
A
second
B
#### here-strings
read a b <<< "x y z"; echo "$a|$b"; read l <<< $'p\nq'; echo $l; while read w; do echo "<$w>"; done <<< "$(echo 1; echo 2)"
#### descriptors
exec 3>&1; echo a >&3; exec 3>&-; { echo b >&3; } 2>/dev/null || echo closed; exec 4< "$D/lines"; read x <&4; read y <&4; echo $x $y; exec 4<&-
#### swapping descriptors
{ echo out; echo err >&2; } 3>&1 1>&2 2>&3 3>&- 2>/dev/null
#### reading by descriptor
while read -u 5 l; do echo "$l"; done 5< "$D/lines"
#### redirections are taken back
f() { echo in; }; f >/dev/null; echo out; { f; } >/dev/null; for i in 1; do echo $i; done >/dev/null; echo end; if true; then echo x; fi > /dev/null
#### a closed descriptor
echo a >&- 2>/dev/null; echo $?; echo b
#### a redirection before the command
< "$D/lines" read x; echo $x; 2>/dev/null echo y
#### the rest of the input is the next command's
printf '1\n2\n3\n' | { read a; read b; echo $b $a; while read c; do echo "rest $c"; done; }
#### a pipe and stderr
{ echo err >&2; } 2>&1 | { read x; echo "<$x>"; }; { echo both; echo err >&2; } |& while read l; do echo "<$l>"; done
#### a bad descriptor
echo a >&9; echo $?; echo x <&9; echo $?
#### an ambiguous redirection
x='a b'; echo a > $x; echo $?
#### a long here-document
x=$(for i in {1..3000}; do echo line $i of a long text; done); n=0; while read l; do ((n++)); done <<< "$x"; echo $n
