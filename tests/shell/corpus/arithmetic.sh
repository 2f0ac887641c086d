#### operators
echo $((1+2*3)) $(((1+2)*3)) $((7/2)) $((-7/2)) $((7%3)) $((-7%3)) $((2**10)) $((1<<4)) $((255>>4)) $((5&3)) $((5|3)) $((5^3)) $((~5)) $((!5)) $((!0))
#### comparisons and logic
echo $((1<2)) $((2<=2)) $((3>4)) $((3>=4)) $((1==1)) $((1!=1)) $((1&&0)) $((1||0)) $((0||0)) $((1<2&&2<3))
#### variables with and without a dollar sign
x=5; echo $((x+1)) $(($x+1)) $((x*x)) $((nothing+1)); y=x; echo $((y+1)); z=2+3; echo $((z*2)) $(($z*2))
#### assignment
echo $((a=5)) $((a+=2)) $((a*=3)) $((a-=1)) $((a/=4)) $((a%=3)) $a; ((b=1,c=b+1)); echo $b $c
#### steps
i=5; echo $((i++)) $i $((++i)) $i $((i--)) $i $((--i)) $i
#### ternary and comma
x=3; echo $((x>2?10:20)) $((x>5?10:20)) $((1,2,3)) $((x>2?x>1?1:2:3))
#### bases
echo $((0x1f)) $((010)) $((2#101)) $((16#ff)) $((36#z)) $((0))
#### wrapping
echo $((9223372036854775807+1)) $((-9223372036854775808))
#### division by zero
(echo $((1/0)); echo no); echo $?; (x=$((5%0))); echo $?
#### syntax errors
(echo $((1+)); echo no); echo $?; ((1+)); echo $?
#### the command
((1)); echo $?; ((0)); echo $?; ((x=5)); echo $x; if ((x>3)); then echo big; fi; ((x<3)) || echo no
#### let
let x=1+2 y=x*2; echo $x $y; let "z = x + y"; echo $z $?; let 0; echo $?
#### in an index and an offset
a=(10 20 30); i=1; echo ${a[i]} ${a[i+1]} ${a[$i-1]} ${a[-1]}; s=abcdef; echo ${s:i*2:i+1}
#### nested
echo $((1+$((2*$((3+4)))))) $(( $(echo 5) + 1 ))
#### blanks and newlines
echo $(( 1 +
 2 )) $((   3   ))
#### the integer attribute
declare -i n; n=1+2; echo $n; n+=5; echo $n; n=abc; echo $n
#### short circuit
x=0; ((0 && (x=1))); ((1 || (x=2))); echo $x
#### loops
for ((i=0; i<5; i++)); do echo -n $i; done; echo; for ((i=0,j=10; i<j; i+=3,j-=2)); do echo $i $j; done; for ((;;)); do break; done; echo done
#### negative numbers and unary
x=-5; echo $((x)) $((-x)) $((- -3)) $((+4)) $((3 - -2))
#### elements
a=(1 2); ((a[0]+=5)); ((a[3]=9)); echo ${a[@]} ${#a[@]}; echo $((a[0]*a[3]))
