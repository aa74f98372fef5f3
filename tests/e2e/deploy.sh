#!/bin/sh
# What deploy/ promises of itself: least rights, one source for both ways of installing, scripts that a shell can read.
cd "$(dirname "$0")/../.." || exit 1
. tests/lib.sh

base=deploy/kubernetes/base
for script in deploy/*.sh deploy/images/*.sh deploy/helm/*.sh; do
	check "$script is a script" sh -n "$script"
	check "$script can be run" test -x "$script"
done
check 'the chart is made from the manifests' deploy/helm/make.sh --check
# With its own values the chart gives the manifests again.
cat >"$scratch/render.py" <<'PY'
import re, sys
values = {".Release.Namespace": "vexxy"}
path = []
for line in open("deploy/helm/vexxy/values.yaml"):
    m = re.match(r"( *)([A-Za-z]+): *([^#\n]*)", line.rstrip())
    if m:
        path = path[:len(m[1]) // 2] + [m[2]]
        values[".Values." + ".".join(path)] = m[3].strip()
def put(m):
    name, quote = re.fullmatch(r"([.A-Za-z]+)( \| quote)?", m[1].strip()).groups()
    return f'"{values[name]}"' if quote else values[name]
text = "".join(open(f"deploy/helm/vexxy/templates/{n}.yaml").read() for n in sys.argv[1:])
text = re.sub(r"\{\{- /\*.*?\*/ -\}\}\n", "", text)
text = re.sub(r"\{\{- with .*?\{\{- end \}\}\n", "", text, flags=re.S)  # of what no value was given
print(re.sub(r"\{\{ (.*?) \}\}", put, text), end="")
PY
same() { # name of a file
	python3 "$scratch/render.py" "$1" >"$scratch/rendered" || return 1
	sed -e 's/image: vexxy-\(server\|agent\)$/image: "vexxy-\1:0.1.0"/' -e 's/value: vexxy-sandbox}/value: "vexxy-sandbox"}/' "$base/$1.yaml" | diff - "$scratch/rendered"
}
for name in agent server network; do check "the chart's $name.yaml is that of the manifests" same $name; done

caps=$(sed -n 's/^ *add: \[\(.*\)\]$/\1/p' "$base/agent.yaml" | tr -d ',')
check 'the agent has a list of capabilities' test -n "$caps"
check 'the unit of systemd has the same' test "$(sed -n 's/^CapabilityBoundingSet=//p' deploy/systemd/vexxy-agent.service)" = "$(for cap in $caps; do printf ' CAP_%s' "$cap"; done | cut -c2-)"
check 'which may have a certificate instead of a key' eval '! grep -E "^ExecStart=.*--key-file" deploy/systemd/vexxy-agent.service && grep -q "^ConditionPathExists=|/etc/vexxy/node.crt" deploy/systemd/vexxy-agent.service'
check 'and what the package gives it names the key' grep -q '^VEXXY_AGENT_OPTIONS=".*--key-file /etc/vexxy/agent.key"' deploy/deb.sh
check 'the agent drops all others' grep -q 'drop: \[ALL\]' "$base/agent.yaml"
check 'nothing is privileged' eval '! grep -rn "privileged: true" deploy/kubernetes deploy/helm deploy/compose.yaml'
check 'the agent has no token of the cluster' test "$(grep -c 'automountServiceAccountToken: false' "$base/agent.yaml")" = 2
check 'under SELinux it is of a type that may watch' grep -q 'seLinuxOptions: {type: spc_t}' "$base/agent.yaml"
check 'a full node keeps it' test "$(sed -n '/^kind: PriorityClass$/,/^---/s/^  name: //p' "$base/agent.yaml") $(sed -n 's/^ *priorityClassName: //p' "$base/agent.yaml")" = 'vexxy-agent vexxy-agent'
check 'the agent has no port' eval '! grep -nE "containerPort|hostNetwork: true|hostPort" "$base/agent.yaml"'
check 'the whole cluster is asked whether a token is good' test "$(sed -n '/^kind: ClusterRole$/,/^---/s/^  - //p' "$base/server.yaml")" = \
	'{apiGroups: [authentication.k8s.io], resources: [tokenreviews], verbs: [create]}'
check 'and nobody has another right in it' test "$(grep -rlE 'kind: ClusterRole$' deploy/kubernetes deploy/helm | sort | tr '\n' ' ')" = 'deploy/helm/vexxy/templates/server.yaml deploy/kubernetes/base/server.yaml '
check 'the agent shows a token that is good for the server only' grep -q 'serviceAccountToken: {audience: vexxy,' "$base/agent.yaml"
check 'of the account that the server was told' grep -q -- '--agent-account=vexxy/vexxy-agent$' "$base/server.yaml"
check 'the server may in the sandbox only' eval '! grep -A3 "^kind: Role" "$base/server.yaml" | grep namespace: | grep -v vexxy-sandbox'
# As a whole: a right that is added is added here, too, by somebody who has looked which request needs it.
check 'and there what its requests need' test "$(sed -n '/^kind: Role$/,/^---/s/^  - {apiGroups: //p' "$base/server.yaml")" = '[batch], resources: [jobs], verbs: [create, get, list, delete]}
[""], resources: [pods], verbs: [list, watch]}
[""], resources: [pods/log], verbs: [get]}
[""], resources: [events], verbs: [list]}
[networking.k8s.io], resources: [networkpolicies], verbs: [get, create, patch]}
[""], resources: [resourcequotas, limitranges], verbs: [create, patch]}'
check 'it may read no secret and enter no pod' eval '! sed -n "/^rules:/,/^---/p" "$base/server.yaml" | grep -E "secrets|exec|\*"'
kubescape=deploy/kubernetes/overlays/kubescape
check 'of Kubescape it may delete nothing, and nothing but its own kinds' eval '! sed -n "/^rules:/,/^---/p" $kubescape/rbac.yaml | grep -E "delete|patch|\*" && ! grep -o "apiGroups: [^,]*" $kubescape/rbac.yaml | grep -v "\[spdx.softwarecomposition.kubescape.io\]"'
check 'in two namespaces' test "$(sed -n '/^kind: Role$/,/^rules/s/^  namespace: //p' $kubescape/rbac.yaml | tr '\n' ' ')" = 'vexxy-sandbox kubescape '
check 'what its chart is told excludes no sandbox' eval '! grep -E "^(include|exclude)Namespaces: .*vexxy" $kubescape/values.yaml'
check 'it is not root' grep -q 'runAsNonRoot: true' "$base/server.yaml"
check 'nor in its image' grep -q '^USER 64998:64998$' deploy/images/server.Containerfile
version=$(sed -n 's/.*VEXXY_VERSION "\(.*\)".*/\1/p' include/version.h)
check 'every image has this version' eval '! grep -rhoE "vexxy-(server|agent|local):[0-9][^\" ]*" deploy | grep -vE ":$version[.;]?\$"'
finish
