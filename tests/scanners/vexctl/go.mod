module vexxy/tests/scanners/vexctl

go 1.26.4

require github.com/openvex/vexctl v0.4.4
