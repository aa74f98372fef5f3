# gnuplot: what the estimator said, against what came. IN: the table of estimate.c without the run that changes; OUT: a PNG.
set terminal pngcairo size 1500,520 font ",10"
set output OUT
set multiplot layout 1,3
set grid
set key off
set title "something new in the next unit: estimated, and seen in the next 20"
set xlabel "estimated probability (leave one out)"
set ylabel "share of the next 20 units with something new"
set xrange [0:1]
set yrange [0:1]
plot x with lines lc rgb "gray", IN using 5:8 with points pt 7 ps 0.5 lc rgb "#2060a0", BINS using 1:2 with linespoints pt 5 ps 1.2 lw 2 lc rgb "#c03020"
set title "the residual risk that a verdict uses, and what came"
set xlabel "residual risk (95 % bound)"
plot x with lines lc rgb "gray", IN using 7:8 with points pt 7 ps 0.5 lc rgb "#2060a0"
set title "new files or functions in all of the rest"
set xlabel "estimated at most, times lambda"
set ylabel "seen"
set logscale xy
set xrange [0.5:5000]
set yrange [0.5:5000]
plot x with lines lc rgb "gray", IN using ($9*LAMBDA < 0.5 ? 0.5 : $9*LAMBDA):($10 < 0.5 ? 0.5 : $10) with points pt 7 ps 0.5 lc rgb "#2060a0"
unset multiplot
