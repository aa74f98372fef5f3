#!/bin/sh
# vexxy verify: what holds is taken; whatever is off is refused by name, exit status 3.
. tests/lib.sh
. tests/e2e/sign_lib.sh

forge() { PYTHONDONTWRITEBYTECODE=1 "$python" tests/e2e/forge.py "$@"; }
says() { # exit status, extended regular expression on stdout, command…
	want=$1 pattern=$2
	shift 2
	"$@" >"$scratch/stdout" 2>"$scratch/stderr"
	got=$?
	[ "$got" = "$want" ] || { echo "exit status $got, expected $want"; cat "$scratch/stdout" "$scratch/stderr"; return 1; }
	grep -qE -- "$pattern" "$scratch/stdout" || { echo "no '$pattern' in:"; cat "$scratch/stdout" "$scratch/stderr"; return 1; }
}
verify() { "$vexxy" verify "$@"; }
key=$scratch/p256.pem pub=$scratch/p256.pub.pem
for type in p256 ed25519; do
	"$vexxy" keygen "$scratch/$type.pem" --type $type >/dev/null
done

# A result as `vexxy run` leaves it: its trace lies in it.
good=$scratch/good other=$scratch/other
make_inputs used_library "$scratch/in"
mkdir "$good" && mv "$scratch/in/0.trace.gz" "$good/run.trace.gz"
sed -i "s|$scratch/in/0.trace.gz|$good/run.trace.gz|" "$scratch/in.args"
check "a signed result" analyze "$scratch/in" "$good" --image-digest "$image_digest" --also cyclonedx,sarif,csaf --namespace https://example.com/vex --key "$key"
check "… holds" says 0 "^$good: holds; 4 signatures of SHA256:.{43}, 9 files, [1-9][0-9]* statement" verify "$good" --key "$pub"
check "… also of that image" says 0 holds verify "$good" --key "$pub" --image-digest "$image_digest"
check "its envelopes hold by themselves" says 0 'holds; 3 signatures' verify "$good/evidence.intoto.jsonl" --key "$pub"
check "… as does its bundle" says 0 'holds; 1 signature of' verify "$good/vex.sigstore.json" --key "$pub"
check "--json says so, too" says 0 '"valid": true' verify "$good" --key "$pub" --json
analyze "$scratch/in" "$scratch/ed" --key "$scratch/ed25519.pem"
check "a result that is signed with an Ed25519 key holds" says 0 'holds; 4 signatures' verify "$scratch/ed" --key "$scratch/ed25519.pub.pem"
again() { sed 's/  */ /g' "$good/vex.sigstore.json" >"$scratch/laid.json" && verify "$scratch/laid.json" --key "$pub"; }
check "a bundle that is laid out otherwise holds" says 0 holds again

"$vexxy" keygen "$scratch/another.pem" >/dev/null
check "another key: 3, naming both" says 3 'fault: evidence.intoto.jsonl: line 1: is signed by the key SHA256:.{43}, not by the one given, SHA256' verify "$good" --key "$scratch/another.pub.pem"
check "a key of another type: 3" says 3 'not by the one given' verify "$good" --key "$scratch/ed25519.pub.pem"
openssl genrsa 2048 2>/dev/null | openssl rsa -pubout -out "$scratch/rsa.pub.pem" 2>/dev/null
check "a key of a type that nobody here signs with: 3" says 3 'fault: .*type RSA: only P-256 and Ed25519' verify "$good" --key "$scratch/rsa.pub.pem"
check "the private key: 3" says 3 'fault: .*is a private key: to verify takes the public one' verify "$good" --key "$key"
check "another image: 3" says 3 "fault: evidence.intoto.jsonl: is of another image than sha256:0{63}8" verify "$good" --key "$pub" --image-digest "sha256:$(printf '%064d' 8)"

bad=$scratch/bad
refused() { # pattern, command that spoils $bad…
	rm -rf "$bad" && cp -r "$good" "$bad"
	wanted=$1
	shift
	"$@" && says 3 "$wanted" verify "$bad" --key "$pub"
}
in_bad() { (cd "$bad" && "$@"); }
for file in report.json vex.openvex.json inputs.json inventory.cdx.json sbom.filtered.cdx.json run.trace.gz vex.cdx.json vex.sarif vex.csaf.json; do
	check "without $file: 3" refused "fault: $file: is missing" in_bad rm $file
done
check "without the envelopes: 3" refused 'fault: evidence.intoto.jsonl: is missing' in_bad rm evidence.intoto.jsonl
check "without the bundle: 3" refused 'fault: vex.sigstore.json: is missing' in_bad rm vex.sigstore.json
for line in 1 2 3; do
	check "without envelope $line: 3" refused 'fault: evidence.intoto.jsonl: (has no statement of type|lists no files)' in_bad sed -i ${line}d evidence.intoto.jsonl
done
check "an envelope twice: 3" refused 'line 2: is a second statement of type' in_bad sed -i 1p evidence.intoto.jsonl
check "a document that nobody signed beside it: 3" refused 'fault: vex.other.json: lies with the result, but nobody signed it' in_bad cp report.json vex.other.json
check "another file beside it is only noted" sh -c "cp -r '$good' '$scratch/noted' && echo hello >'$scratch/noted/README' && '$vexxy' verify '$scratch/noted' --key '$pub' | grep '^note: README: is no part'"

analyze "$scratch/in" "$other" --image-digest "sha256:$(printf '%064d' 8)" --key "$key"
check "the bundle of another image: 3" refused 'fault: vex.sigstore.json: does not say what the VEX statement in evidence.intoto.jsonl says' cp "$other/vex.sigstore.json" "$bad"
check "the envelopes of another image: 3" refused 'fault: .* is not the file that was signed' cp "$other/evidence.intoto.jsonl" "$bad"
check "… and the bundle alone: 3, when one asks for the image" says 3 'fault: vex.sigstore.json: is of another image' verify "$other/vex.sigstore.json" --key "$pub" --image-digest "$image_digest"

both() { # pattern, code: the same done to the first envelope and to the bundle
	refused "fault: evidence.intoto.jsonl: line 1: $1" forge edit "$bad/evidence.intoto.jsonl" "$2" &&
		refused "fault: vex.sigstore.json: .*$1" forge edit "$bad/vex.sigstore.json" "$2"
}
check "url-safe base64: 3" both "'(payload|sig)': is base64 of the url-safe alphabet" '
def safe(t): return t.replace("+", "-").replace("/", "_")
e["payload"] = safe(e["payload"]); e["signatures"][0]["sig"] = "-_" + safe(e["signatures"][0]["sig"])'
check "base64 without padding: 3" both "'sig': is base64 without its padding, or cut" 'e["signatures"][0]["sig"] = e["signatures"][0]["sig"].rstrip("=")[:-1]'
check "no signature: 3" both 'carries no signature' 'e["signatures"] = []'
check "two signatures: 3" both 'carries 2 signatures' 'e["signatures"] *= 2'
check "an unknown payloadType: 3" both "its payloadType is 'text/plain'" 'e["payloadType"] = "text/plain"'
check "a changed payload: 3" both 'the signature is not one of the p256 key given' 'e["payload"] = base64.b64encode(base64.b64decode(e["payload"]).replace(b"affected", b"affecteD")).decode()'
check "a keyid of somebody else: 3" both "its keyid 'x' is not that of the key that signed it" 'e["signatures"][0]["keyid"] = "x"'
check "a member that does not belong there: 3" both "has a member 'extra'" 'e["extra"] = 1'
check "a bundle with another hint: 3" refused 'its hint .* is of another key' forge edit "$bad/vex.sigstore.json" 't["verificationMaterial"]["publicKey"]["hint"] = "x"'
check "a bundle of another version: 3" refused 'its mediaType is' forge edit "$bad/vex.sigstore.json" 't["mediaType"] = "application/vnd.dev.sigstore.bundle+json;version=0.2"'
check "a key twice in the envelope: 3" refused "line 1: the key 'payloadType' stands twice" in_bad sed -i '1s/"payloadType"/"payloadType":"x","payloadType"/' evidence.intoto.jsonl
check "a key twice in the bundle: 3" refused "vex.sigstore.json: the key 'mediaType' stands twice" in_bad sed -i 's/"mediaType"/"mediaType":"x","mediaType"/' vex.sigstore.json
check "envelopes that are cut: 3" refused 'evidence.intoto.jsonl: is cut: its last line does not end' in_bad truncate -s -100 evidence.intoto.jsonl
check "… at the end of the file alone: 3" refused 'evidence.intoto.jsonl: is cut' in_bad truncate -s -1 evidence.intoto.jsonl
check "a bundle that is cut: 3" refused 'vex.sigstore.json: line [0-9]+, column [0-9]+' in_bad truncate -s -100 vex.sigstore.json
check "something behind the bundle: 3" refused 'something follows the document' sh -c "echo '{}' >>'$bad/vex.sigstore.json'"
check "an empty file of envelopes: 3" refused 'evidence.intoto.jsonl: is cut' in_bad truncate -s 0 evidence.intoto.jsonl
check "a changed document, with its own digest put right nowhere: 3" refused 'fault: vex.openvex.json: is not the file that was signed' in_bad sed -i 's/affected/fixed/' vex.openvex.json
check "the unsigned document alone: 3" says 3 'is an OpenVEX document without a signature' verify "$good/vex.openvex.json" --key "$pub"

# Signed by the right key, but what it says is not right.
payload 1 "$good/evidence.intoto.jsonl" >"$scratch/payload"
forged() { # pattern, sed script over the payload
	sed "$2" "$scratch/payload" >"$scratch/forged" && ! cmp -s "$scratch/payload" "$scratch/forged" || { echo "nothing was forged"; return 1; }
	forge sign "$key" "$scratch/forged" "$scratch/forged.json" && says 3 "fault: forged.json: $1" verify "$scratch/forged.json" --key "$pub"
}
good_one() { forge sign "$key" "$scratch/payload" "$scratch/forged.json" && says 0 holds verify "$scratch/forged.json" --key "$pub"; }
check "a bundle that openssl made holds" good_one
check "signed, but with a key twice: 3" forged "the payload: the key '_type' stands twice" 's/"_type"/"_type":"x","_type"/'
check "signed, but another type of statement: 3" forged "its _type is 'https://in-toto.io/Statement/v0.1'|.*_type" 's|Statement/v1"|Statement/v0.1"|'
check "signed, but another type of predicate: 3" forged "its predicateType 'https://example.com/x' is none that vexxy makes" 's|"predicateType":"[^"]*"|"predicateType":"https://example.com/x"|'
check "signed, but without a subject: 3" forged '.*has no subject' 's|"subject":\[[^]]*\]|"subject":[]|'
check "signed, but the document speaks of another image: 3" forged ".*is no subject of what is signed" "s|\"subject\":\[{\"name\":\"[^\"]*\",\"digest\":{\"sha256\":\"0|&|; s|\(\"subject\":.*\"sha256\":\"\)0\(0*7\"}}\]\)|\1a\2|"
check "signed, but breaks a rule: 3" forged 'rule 6: .*' 's|"timestamp":"[^"]*"|"timestamp":"yesterday"|'
check "signed, but breaks the schema: 3" forged 'rule 8: .*' 's|"author":"vexxy"|"author":7|'
check "signed, but by a clock in 1970: 3" forged 'is of 1970-01-01T00:00:07Z: the clock of the machine that made it was not set' 's|"timestamp":"[^"]*"|"timestamp":"1970-01-01T00:00:07Z"|'
check "signed, but by a clock in the future: 3" forged 'is of 2999-01-01T00:00:07Z, which is in the future here' 's|"timestamp":"[^"]*"|"timestamp":"2999-01-01T00:00:07Z"|'

check "each of 1,000 changes of one byte is detected" forge bytes "$good" 1000 5 "$vexxy" verify "$good" --key "$pub"
check "… after which the result holds again" says 0 holds verify "$good" --key "$pub"
check "… and of 200 in a result that is signed with an Ed25519 key" forge bytes "$scratch/ed" 200 7 "$vexxy" verify "$scratch/ed" --key "$scratch/ed25519.pub.pem"

if unshare -rn true 2>/dev/null; then
	check "without any network it holds" says 0 holds unshare -rn "$vexxy" verify "$good" --key "$pub"
else
	skip "without any network it holds" "no network namespace can be made here"
fi
check "no result there: 1" fails_with 1 "cannot open '.*none'" verify "$scratch/none" --key "$pub"
check "no key there: 1" fails_with 1 "cannot open the key '.*none.pem'" verify "$good" --key "$scratch/none.pem"
check "no key: 2" fails_with 2 'say who should have signed it' verify "$good"
check "two results: 2" fails_with 2 'name one' verify "$good" "$other" --key "$pub"
check "a digest that is none: 2" fails_with 2 'is not sha256: and 64' verify "$good" --key "$pub" --image-digest sha256:abc
finish
