#!/bin/sh
# The Helm chart's templates from deploy/kubernetes: one source, so that they cannot differ. Writes deploy/helm/vexxy/templates and the
# chart's version; --check: fails when what is there is not what would be written.
#   deploy/helm/make.sh [--check]
set -eu
cd "$(dirname "$0")/../.."
chart=deploy/helm/vexxy
version=$(sed -n 's/.*VEXXY_VERSION "\(.*\)".*/\1/p' include/version.h)
made=$(mktemp -d)
trap 'rm -rf "$made"' EXIT
head='{{- /* Made by deploy/helm/make.sh from deploy/kubernetes/base: change it there. */ -}}'

# What stands for itself in braces stays; then names and values take their places.
template() { # file: a name of its own for each namespace, images and what an operator chooses
	echo "$head"
	sed -e 's/{{/{{ "{{" }}/g' \
		-e 's/namespace: vexxy-sandbox$/namespace: {{ .Values.sandbox.namespace }}/' \
		-e 's/kubernetes.io\/metadata.name: vexxy-sandbox/kubernetes.io\/metadata.name: {{ .Values.sandbox.namespace }}/' \
		-e 's/value: vexxy-sandbox}/value: {{ .Values.sandbox.namespace | quote }}}/' \
		-e 's/^  name: vexxy-sandbox$/  name: {{ .Values.sandbox.namespace }}/' \
		-e 's/namespace: kubescape$/namespace: {{ .Values.kubescape.namespace }}/' \
		-e 's/namespace: vexxy}/namespace: {{ .Release.Namespace }}}/; s/namespace: vexxy$/namespace: {{ .Release.Namespace }}/' \
		-e 's/agent-account=vexxy\//agent-account={{ .Release.Namespace }}\//' \
		-e 's/vexxy-server\.vexxy\.svc/vexxy-server.{{ .Release.Namespace }}.svc/' \
		-e 's/image: vexxy-server$/image: {{ .Values.image.server | quote }}/' \
		-e 's/image: vexxy-agent$/image: {{ .Values.image.agent | quote }}/' \
		-e 's/value: "vexxy-agent:[^"]*"/value: {{ .Values.image.agent | quote }}/' \
		-e 's/^      serviceAccountName: vexxy-.*/&\n{{- with .Values.image.pullSecrets }}\n      imagePullSecrets: {{ toJson . }}\n{{- end }}/' \
		-e 's/storage: 50Gi/storage: {{ .Values.server.storage }}/' \
		-e 's/secretName: vexxy-server-tls/secretName: {{ .Values.server.tlsSecret }}/' \
		-e 's/seccompProfile: {type: Unconfined}/seccompProfile: {type: {{ .Values.agent.seccompProfile }}}/' \
		"$1"
}
# A part of a file that is there only when a value says so.
only_if() { # value, file
	echo "{{- if $1 }}"
	template "$2" | sed 1d
	echo '{{- end }}'
}
for name in agent server network; do template "deploy/kubernetes/base/$name.yaml" >"$made/$name.yaml"; done
# A server that is running reads its environment again when it is another pod.
sed -i '/^kind: Deployment$/,$s/^    metadata:$/&\n{{- with .Values.server.environment }}\n      annotations: {vexxy.dev\/environment: {{ toJson . | sha256sum }}}\n{{- end }}/' "$made/server.yaml"
# The release's namespace is whoever installs it to make; the sandbox's is ours.
{ echo "$head" && sed '1,/^---$/d' deploy/kubernetes/base/namespaces.yaml | template /dev/stdin | sed 1d; } >"$made/sandbox.yaml"
{ echo "$head" && only_if .Values.monitoring.enabled deploy/kubernetes/overlays/monitoring/podmonitor.yaml; } >"$made/monitoring.yaml"
{ echo "$head" && only_if .Values.kubescape.enabled deploy/kubernetes/overlays/kubescape/rbac.yaml; } >"$made/kubescape.yaml"
# What the server takes from its environment, names as in vexxy-server --help. A number is written as JSON has it: "quote" makes 1e+06 of a million.
cat >"$made/config.yaml" <<'END'
{{- with .Values.server.environment }}
apiVersion: v1
kind: ConfigMap
metadata:
  name: vexxy-server
  namespace: {{ $.Release.Namespace }}
data:
{{- range $name, $value := . }}
  {{ $name }}: {{ kindIs "string" $value | ternary $value (toJson $value) | quote }}
{{- end }}
{{- end }}
END
chart_of() { sed "s/^version: .*/version: $version/; s/^appVersion: .*/appVersion: \"$version\"/" "$chart/Chart.yaml"; }
if [ "${1:-}" = --check ]; then
	diff -r "$made" "$chart/templates" && chart_of | diff - "$chart/Chart.yaml" || { echo 'error: the chart is not what deploy/helm/make.sh makes' >&2 && exit 1; }
	exit 0
fi
rm -rf "$chart/templates" && mkdir -p "$chart/templates"
cp "$made"/*.yaml "$chart/templates/"
chart_of >"$made/Chart" && cp "$made/Chart" "$chart/Chart.yaml"
