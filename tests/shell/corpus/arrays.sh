#### elements and counts
a=(x "y z" w); echo ${a[0]} "${a[1]}" ${#a[@]} ${#a[1]} $a; for i in "${a[@]}"; do echo "<$i>"; done; echo "${a[*]}"
#### holes
a[5]=f; a[2]=c; echo ${a[@]} ${!a[@]} ${#a[@]}; unset 'a[2]'; echo ${!a[@]}; unset a; echo ${#a[@]}
#### appending
a=(1); a+=(2 3); a+=([9]=z y); echo ${a[@]} "${!a[@]}"; a[0]+=x; echo ${a[0]}
#### explicit indices
a=([2]=c [0]=a d); echo ${!a[@]}; echo ${a[@]}
#### words expand in an array
x='p q'; a=($x "$x" {1..3} $(echo m n)); echo ${#a[@]}; cd "$D"; b=(*.txt); echo ${b[@]}
#### slices
a=(a b c d e); echo ${a[@]:1:2} , ${a[@]:3} , ${a[@]: -2} , "${a[*]:0:2}"
#### operators on each element
a=(one.x two.x); echo ${a[@]%.x} ${a[@]^} ${a[@]/o/0} ${a[@]#t}
#### joined by IFS
a=(1 2 3); IFS=,; echo "${a[*]}"; echo "${a[@]}"
#### associative
declare -A m; m[a]=1; m["b c"]=2; k=d; m[$k]=3; echo ${m[a]} "${m[b c]}" ${m[d]} ${#m[@]}; unset 'm[a]'; echo ${#m[@]} "${m[a]-gone}"
#### associative literals
declare -A m=([x]=1 [y]=2); echo ${m[x]} ${m[y]}; m+=([z]=3); echo ${#m[@]}; for k in x y z; do echo $k=${m[$k]}; done
#### an empty array
a=(); echo ${#a[@]}; for i in "${a[@]}"; do echo never; done; echo "${a[@]:-none}" "[${a[*]}]"
#### a scalar is an array of one
x=5; echo ${x[0]} ${#x[@]} ${x[@]}; x[1]=6; echo ${x[@]}
#### arrays in functions
f() { local a=(1 2); a+=(3); echo ${a[@]}; }; a=(z); f; echo ${a[@]}
#### declare -p
a=(1 "b c"); declare -p a; declare -r r=5; declare -p r; export e='x"y'; declare -p e; declare -i i=3; declare -p i
#### PIPESTATUS
true | false | (exit 3); echo ${PIPESTATUS[@]}; false; echo ${PIPESTATUS[0]}
#### mapfile
mapfile -t a < "$D/lines"; echo ${#a[@]} "${a[1]}"; readarray -t b <<< $'x\ny'; echo ${b[@]}
