#!/bin/sh
# vexxy keygen as a person calls it: keys that openssl reads, secret to others, never written over.
. tests/lib.sh
unset VEXXY_KEY_PASSPHRASE
says() { # extended regular expression on stdout, command…
	pattern=$1
	shift
	"$@" >"$scratch/out" 2>"$scratch/err" || { echo "exit status $?: $(cat "$scratch/err")"; return 1; }
	grep -qE -- "$pattern" "$scratch/out" || { echo "no '$pattern' in:"; cat "$scratch/out"; return 1; }
}
mode() { [ "$(stat -c %a "$1")" = "$2" ] || { stat "$1"; return 1; }; }
same_public() { openssl pkey -in "$1" -passin "pass:$3" -pubout | cmp - "$2"; }
untouched() { ! "$vexxy" keygen "$1" 2>/dev/null && cmp "$1" "$scratch/before"; }
nothing_left() { ! "$vexxy" keygen "$scratch/none/k.pem" 2>/dev/null && [ ! -e "$scratch/none" ]; }
half() { # when the private one is there, no public one appears either
	: >"$scratch/half.pem"
	! "$vexxy" keygen "$scratch/half.pem" 2>/dev/null && [ ! -e "$scratch/half.pub.pem" ]
}
is_json() { "$vexxy" keygen "$scratch/j" --json | /usr/bin/python3 -c 'import json, sys; d = json.load(sys.stdin); assert d["public"].endswith("/j.pub"), d'; }

umask 022
check "a P-256 key by default" says '^fingerprint SHA256:[A-Za-z0-9+/]{43}$' "$vexxy" keygen "$scratch/k.pem"
check "openssl says so" says 'prime256v1' openssl pkey -in "$scratch/k.pem" -noout -text
check "it is PKCS#8" grep -q '^-----BEGIN PRIVATE KEY-----$' "$scratch/k.pem"
check "nobody but its owner reads it" mode "$scratch/k.pem" 600
check "everybody may read the public one" mode "$scratch/k.pub.pem" 644
check "which belongs to it" same_public "$scratch/k.pem" "$scratch/k.pub.pem" ""
check "an Ed25519 key on request" says 'ed25519 key' "$vexxy" keygen "$scratch/e.pem" --type ed25519
check "openssl says so, too" says 'ED25519' openssl pkey -in "$scratch/e.pem" -noout -text
cp "$scratch/k.pem" "$scratch/before"
is_told() { [ "$(head -n 1 "$1")" = 'Author: Jöran <j@x.example>' ]; }
check "a key may tell whose it is" "$vexxy" keygen "$scratch/a.pem" --author 'Jöran <j@x.example>'
check "… the private one" is_told "$scratch/a.pem"
check "… and the public one, which openssl reads all the same" is_told "$scratch/a.pub.pem"
check "… as it does the private one" sh -c "openssl pkey -in '$scratch/a.pem' -pubout -out '$scratch/a.out' && openssl pkey -pubin -in '$scratch/a.pub.pem' | cmp - '$scratch/a.out'"
check "a name of two lines: 2" fails_with 2 'one line of at most 200 printable bytes' "$vexxy" keygen "$scratch/b.pem" --author 'a
b'
check "a key is never written over: 1, saying so" fails_with 1 'never written over' "$vexxy" keygen "$scratch/k.pem"
check "… and stays as it was" untouched "$scratch/k.pem"
check "where one of the two cannot be written, neither is" half
check "where there is no directory, nothing appears" nothing_left
printf 'correct horse\n' >"$scratch/pass" && chmod 600 "$scratch/pass"
check "a passphrase from a file encrypts it" says '^.*/p.pem: .* encrypted' "$vexxy" keygen "$scratch/p.pem" --passphrase-file "$scratch/pass"
check "it is encrypted PKCS#8" grep -q '^-----BEGIN ENCRYPTED PRIVATE KEY-----$' "$scratch/p.pem"
check "openssl opens it with that passphrase" same_public "$scratch/p.pem" "$scratch/p.pub.pem" "correct horse"
check "… and not with another" sh -c "! openssl pkey -in '$scratch/p.pem' -passin pass:x -noout"
check "a passphrase from the environment does, too" says 'p256 key, encrypted' env VEXXY_KEY_PASSPHRASE=battery "$vexxy" keygen "$scratch/v.pem"
check "openssl opens that one" same_public "$scratch/v.pem" "$scratch/v.pub.pem" battery
chmod 644 "$scratch/pass"
check "a passphrase that others may read: 1" fails_with 1 'open to others than its owner' "$vexxy" keygen "$scratch/q.pem" --passphrase-file "$scratch/pass"
check "an empty passphrase: 2" fails_with 2 'VEXXY_KEY_PASSPHRASE is empty' env VEXXY_KEY_PASSPHRASE= "$vexxy" keygen "$scratch/q.pem"
check "--json tells what was made" is_json
check "another type: 2" fails_with 2 "'rsa' is neither p256 nor ed25519" "$vexxy" keygen "$scratch/r.pem" --type rsa
check "no name: 2" fails_with 2 'name one file' "$vexxy" keygen
finish
