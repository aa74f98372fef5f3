#!/bin/sh
# Agents that are known by a certificate of their node, or by the token of their service account: who is let in, and to what.
cd "$(dirname "$0")/../.." || exit 1
. tests/lib.sh
. tests/e2e/record_lib.sh
. tests/e2e/server_lib.sh

cluster_pid=''
end_all() {
	[ -z "$cluster_pid" ] || kill "$cluster_pid" 2>/dev/null
	stop_children
}
trap end_all EXIT
command -v openssl >/dev/null || { skip 'agents have an identity' 'needs openssl'; finish; }

# Two authorities, of which the server knows one, and what they sign.
authority() { openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj "/CN=$1" -keyout "$scratch/$1.key" -out "$scratch/$1.crt" 2>/dev/null; }
certificate() { # name of the file, authority, subject, extensions…, each a line
	name=$1 by=$2 subject=$3
	shift 3
	openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj "$subject" -keyout "$scratch/$name.key" -out "$scratch/$name.csr" 2>/dev/null &&
		printf '%s\n' "$@" >"$scratch/$name.ext" &&
		openssl x509 -req -in "$scratch/$name.csr" -CA "$scratch/$by.crt" -CAkey "$scratch/$by.key" -CAcreateserial -days "${days:-1}" \
			-extfile "$scratch/$name.ext" -out "$scratch/$name.crt" 2>/dev/null
}
client='extendedKeyUsage=clientAuth'
check 'an authority' authority ca
check 'and one that nobody knows' authority rogue
check 'certificates' eval 'certificate server ca /CN=server subjectAltName=IP:127.0.0.1 extendedKeyUsage=serverAuth &&
	certificate n1 ca /CN=n1 "$client" && certificate n2 ca /O=agents subjectAltName=DNS:n2 "$client" &&
	certificate other rogue /CN=n1 "$client" && certificate purpose ca /CN=n1 extendedKeyUsage=serverAuth &&
	certificate silent ca /CN=n1 basicConstraints=CA:FALSE && certificate many ca /CN=n1 subjectAltName=DNS:n1,DNS:n2 "$client" &&
	certificate all ca "/CN=*" "$client" && days=-1 certificate old ca /CN=n1 "$client"'

# Tokens, of which the cluster knows some. What they say of themselves nobody believes.
token() { python3 -c 'import base64, json, sys, time
part = lambda v: base64.urlsafe_b64encode(json.dumps(v).encode()).rstrip(b"=").decode()
print(".".join((part({"alg": "RS256"}), part({"sub": sys.argv[1], "aud": ["vexxy"], "exp": int(time.time()) + 3600, "jti": sys.argv[2]}), "c2ln")))' "$1" "$2"; }
account=system:serviceaccount:vexxy:vexxy-agent
token_n1=$(token $account 1) token_any=$(token $account 2) token_forged=$(token $account 3) token_other=$(token system:serviceaccount:vexxy:default 4)
printf '%s %s %s\n' "$token_n1" $account n1 "$token_any" $account - >"$scratch/tokens"
python3 tests/e2e/token_reviews.py "$scratch/tokens" >"$scratch/cluster.log" 2>&1 &
cluster_pid=$!
for try in $(seq 600); do [ ! -s "$scratch/cluster.log" ] || break; sleep 0.1; done
check 'a cluster that reviews tokens' test -s "$scratch/cluster.log"
printf 'clusters: [{name: c, cluster: {server: "http://127.0.0.1:%s"}}]\ncontexts: [{name: x, context: {cluster: c}}]\ncurrent-context: x\n' \
	"$(head -n 1 "$scratch/cluster.log")" >"$scratch/kubeconfig"

user_key=$("$server" key create --data "$data" --name user --scopes read,submit,cancel 2>/dev/null)
agent_key=$("$server" key create --data "$data" --name agent --scopes agent 2>/dev/null)
refuses() { # message, options…: it does not start
	says=$1
	shift
	! start_server "$@" >"$scratch/refusal" && grep -qF -- "$says" "$scratch/refusal" || { cat "$scratch/refusal"; return 1; }
}
tls="--tls-cert $scratch/server.crt --tls-key $scratch/server.key --tls-client-ca $scratch/ca.crt"
check 'an authority is nothing without TLS' refuses '--tls-client-ca needs --tls-cert' --no-workers --tls-client-ca "$scratch/ca.crt"
check 'nor an account without a cluster' refuses 'needs --executor kubernetes' --no-workers --agent-account vexxy/vexxy-agent
check 'an account has a namespace' refuses "'vexxy-agent' is no service account" --no-workers --agent-account vexxy-agent
check 'it starts' start_server --no-workers $tls --executor kubernetes --kubeconfig "$scratch/kubeconfig" --gate-image agent:1 --agent-account vexxy/vexxy-agent

trusting="--cacert $scratch/ca.crt"
shows() { # certificate, then as gives
	shown=$1
	shift
	gives "$@" $trusting --cert "$scratch/$shown.crt" --key "$scratch/$shown.key"
}
bears() { # token, then as gives
	borne=$1
	shift
	gives "$@" $trusting -H "Authorization: Bearer $borne"
}
beat() { printf '{"node":"%s","version":"0.1.0","kernel":"6.18","arch":"x86_64","backend":"raw"}' "$1"; }
heart=/api/v1/agent/heartbeat
reason() { grep -qF -- "$1" "$scratch/body" || { cat "$scratch/body"; return 1; }; }
reviews() { grep -c review "$scratch/cluster.log"; }

check 'whoever shows nothing is not let in' gives 401 POST $heart $trusting -H "$json" -d "$(beat n1)"
check 'a key is good, as ever' bears "$agent_key" 200 POST $heart -H "$json" -d "$(beat anywhere)"
check 'so is a certificate' shows n1 200 POST $heart -H "$json" -d "$(beat n1)"
check 'of its node and no other' shows n1 403 POST $heart -H "$json" -d "$(beat n2)"
check 'also by the other name' shows n2 200 POST $heart -H "$json" -d "$(beat n2)"
check 'one of another authority is not' shows other 401 POST $heart -H "$json" -d "$(beat n1)"
check 'and hears why' reason 'not trusted'
check 'nor one that has expired' shows old 401 POST $heart -H "$json" -d "$(beat n1)"
check 'nor a server'"'"'s' shows purpose 401 POST $heart -H "$json" -d "$(beat n1)"
check 'and hears why, too' reason clientAuth
check 'nor one for no purpose' shows silent 401 POST $heart -H "$json" -d "$(beat n1)"
check 'nor one of several nodes' shows many 401 POST $heart -H "$json" -d "$(beat n1)"
check 'nor one of all' shows all 401 POST $heart -H "$json" -d "$(beat n1)"
check 'it opens nothing else' shows n1 401 GET /api/v1/analysis
check 'with a key it is the key that counts' shows n1 200 GET /api/v1/analysis -H "X-API-Key: $user_key"
check 'also where that is a user'"'"'s' shows n1 403 POST $heart -H "$json" -d "$(beat n1)" -H "X-API-Key: $user_key"

check 'a token is good when the cluster says so' bears "$token_n1" 200 POST $heart -H "$json" -d "$(beat n1)"
check 'that was asked' test "$(reviews)" = 1
check 'once' bears "$token_n1" 200 POST $heart -H "$json" -d "$(beat n1)"
check 'and not again' test "$(reviews)" = 1
check 'it is of its node' bears "$token_n1" 403 POST $heart -H "$json" -d "$(beat n2)"
check 'one that tells none may be of any' bears "$token_any" 200 POST $heart -H "$json" -d "$(beat n9)"
check 'a forged one is refused' bears "$token_forged" 401 POST $heart -H "$json" -d "$(beat n1)"
head -c 15000 /dev/zero | tr '\0' ' ' >"$scratch/padded"
beat n1 >>"$scratch/padded"
token_forged2=$(token $account 5)
check 'also with a long body' bears "$token_forged2" 401 POST $heart -H "$json" --data-binary "@$scratch/padded"
check 'which a good one may have' bears "$token_n1" 200 POST $heart -H "$json" --data-binary "@$scratch/padded"
token_late=$(token $account 6)
echo "$token_late $account n1" >>"$scratch/tokens"
check 'with the first question, too' bears "$token_late" 200 POST $heart -H "$json" --data-binary "@$scratch/padded"
check 'in pieces of its own' bears "$(token $account 7)" 401 POST $heart -H "$json" -H 'Transfer-Encoding: chunked' --data-binary "@$scratch/padded"
check 'or without a body' bears "$(token $account 9)" 401 GET /api/v1/agent/uploads/00000000-0000-7000-8000-000000000000
asked=$(reviews)
check 'of another account nobody asks' bears "$token_other" 401 POST $heart -H "$json" -d "$(beat n1)"
check 'as the cluster says' test "$(reviews)" = "$asked"
check 'it opens nothing else, either' bears "$token_n1" 401 GET /api/v1/analysis
kill "$cluster_pid" && wait "$cluster_pid" 2>/dev/null
cluster_pid=''
check 'without the cluster it is good while that is known' bears "$token_n1" 200 POST $heart -H "$json" -d "$(beat n1)"
check 'and a new one has to wait' bears "$(token $account 8)" 503 POST $heart -H "$json" -d "$(beat n1)"
check 'for a while' grep -qi '^Retry-After:' "$scratch/head"

# Only what is of its node: the pod that the server has made for the analysis.
check 'an analysis' submit "{\"image_ref\":\"web\",\"image_digest\":\"sha256:$(printf %064d 1)\"}" -H "X-API-Key: $user_key" $trusting
sandbox() { # state, fence, pod, node: as a worker would set it
	python3 -c 'import sqlite3, sys
db = sqlite3.connect(sys.argv[1]); db.execute("UPDATE jobs SET state = ?, fence = ?, sandbox_pod = ?, sandbox_node = ?, owner = ?, lease_ms = 9000000000000 WHERE id = ?",
(sys.argv[2], int(sys.argv[3]), sys.argv[4] or None, sys.argv[5] or None, "nobody", sys.argv[6])); db.commit()' "$data/vexxy.db" "$@" "$job"
}
begins() { # who (shows n1, bears TOKEN), status, attempt, pod, node
	how=$1 whose=$2 wanted=$3
	"$how" "$whose" "$wanted" POST /api/v1/agent/uploads -H "$json" -d "{\"analysis_id\":\"$job\",\"attempt\":$4,\"pod_uid\":\"$5\",\"node\":\"$6\",
		\"container\":\"target\",\"kind\":\"file\",\"sha256\":\"$(printf one | sha256sum | cut -d' ' -f1)\",\"bytes\":3}" || return 1
	case $wanted in 20*) upload=$(field upload_id) ;; esac
}
sandbox running 2 '' ''
check 'whose sandbox nobody has seen yet' begins shows n1 503 2 p-1 n1
sandbox running 2 p-1 n1
check 'is not for another node' begins shows n2 403 2 p-1 n2
check 'nor in its name' begins shows n2 403 2 p-1 n1
check 'nor by one of no node' begins bears "$token_any" 403 2 p-1 n9
check 'nor is another pod' begins shows n1 404 2 p-2 n1
check 'wherever it is' begins shows n2 404 2 p-2 n2
check 'nor an attempt that was none' begins shows n1 404 3 p-1 n1
check 'nor an attempt before' begins shows n1 409 1 p-0 n1
check 'of which the agent hears' says details.attempt 1
check 'what is there may be brought' begins shows n1 201 2 p-1 n1
check 'and found' begins shows n1 200 2 p-1 n1
check 'by nobody else' begins shows n2 403 2 p-1 n2
check 'also by its token' begins bears "$token_n1" 200 2 p-1 n1
printf one >"$scratch/one"
piece() { "$@" PUT "/api/v1/agent/uploads/$upload?offset=0" -H 'Content-Type: application/octet-stream' --data-binary "@$scratch/one"; }
check 'a piece of another is not taken' piece shows n2 404
check 'nor is it shown to others' shows n2 404 GET "/api/v1/agent/uploads/$upload"
check 'its own is' piece shows n1 200
check 'to the end' shows n1 200 POST "/api/v1/agent/uploads/$upload/complete"
# The list of functions to watch, for whoever has the pod.
lists() { "$1" "$2" "$3" GET "/api/v1/agent/functions/$job?attempt=$4&pod_uid=$5&node=$6"; }
check 'an analysis without functions says so' lists shows n1 404 2 p-1 n1
printf 'vexxy-functions 1\n' >"$scratch/list"
list=$(sha256sum "$scratch/list" | cut -d' ' -f1)
mkdir -p "$data/blobs/$(echo "$list" | cut -c1-2)" && cp "$scratch/list" "$data/blobs/$(echo "$list" | cut -c1-2)/$list"
python3 -c 'import sqlite3, sys
db = sqlite3.connect(sys.argv[1]); db.execute("UPDATE jobs SET functions = ? WHERE id = ?", sys.argv[2:]); db.commit()' "$data/vexxy.db" "$list" "$job"
check 'one with functions gives them' lists shows n1 200 2 p-1 n1
check 'as they are' cmp "$scratch/list" "$scratch/body"
check 'not to another node' lists shows n2 403 2 p-1 n2
check 'nor for another pod' lists shows n1 404 2 p-2 n1
check 'nor for an attempt before' lists shows n1 409 1 p-1 n1
check 'nor to a user' gives 403 GET "/api/v1/agent/functions/$job?attempt=2&pod_uid=p-1&node=n1" $trusting -H "X-API-Key: $user_key"
check 'a pod without a name is refused' shows n1 422 GET "/api/v1/agent/functions/$job?attempt=2&node=n1"
sandbox failed 2 p-1 n1
check 'nor where nobody observes any more' lists shows n1 409 2 p-1 n1
check 'no token is in the log' test "$(grep -cF -e "$token_n1" -e "$token_forged" "$scratch/server.log")" = 0
check 'it stops when told' stop_server
finish
