#!/bin/sh
# record --image REF: OCI layouts and archives, their own command, user and environment; unpacked once each.
cd "$(dirname "$0")/../.." || exit 1
. tests/lib.sh
. tests/e2e/record_lib.sh

t=$scratch/t.gz layout=$scratch/layout
need_tracing 'an image is recorded'
quietly() { "$@" >/dev/null 2>&1; }
make_image() {
	umoci init --layout "$layout" && umoci new --image "$layout:web" && umoci unpack --image "$layout:web" "$scratch/bundle" &&
		make_rootfs "$scratch/bundle/rootfs" && umoci repack --image "$layout:web" "$scratch/bundle" &&
		umoci config --image "$layout:web" --config.entrypoint /bin/sh --config.entrypoint -c --config.cmd 'id; pwd; echo $GREETING' \
			--config.env GREETING=hello --config.user web --config.workingdir /srv &&
		skopeo copy -q "oci:$layout:web" "docker-archive:$scratch/docker.tar:web:1" &&
		skopeo copy -q "oci:$layout:web" "oci-archive:$scratch/oci.tar:web"
}
check 'umoci and skopeo make an image' make_image
digest=$(sed -n 's/.*"digest":"\(sha256:[0-9a-f]*\)".*/\1/p' "$layout/index.json")
record() { "$agent" record -q -o "$t" --image "$@" >"$scratch/out" 2>"$scratch/err"; }

check 'an image in a layout is recorded' record "oci:$layout:web"
check 'as the user that it names' grep -qE '^uid=33' "$scratch/out"
check 'in the directory that it names' grep -qx /srv "$scratch/out"
check 'with its environment' grep -qx hello "$scratch/out"
check 'the first record is the exec of its entry point' begins_with_exec "$t" /bin/busybox
check 'reference and digest are in the header' has "$t" '"vexxy_trace"' "\"image\":\"oci:$layout:web\"" "\"image_digest\":\"$digest\""
rootfs=$(lines "$t" | sed -n 's/.*"rootfs":"\([^"]*\)".*/\1/p')
check 'the root is in the cache, by its digest' test "$rootfs" = "$scratch/cache/vexxy/sha256-${digest#sha256:}/rootfs"
check 'and is there to be analysed' test -f "$rootfs/bin/busybox"
check 'nobody else can use what is in the cache' test "$(stat -c %a "$scratch/cache/vexxy")" = 700
made=$(stat -c %i "$rootfs")
check 'a layout needs no tag when it has one image' record "$layout"
check 'it is not unpacked again' test "$made" = "$(stat -c %i "$rootfs")"
check 'an OCI archive is the same image' record "$scratch/oci.tar"
check 'with the same digest' has "$t" '"vexxy_trace"' "\"image_digest\":\"$digest\""
check 'an archive of docker is recorded' record "$scratch/docker.tar"
check 'and is known as one by its name too' record "docker-archive:$scratch/docker.tar"
check 'it runs the same command' grep -qx hello "$scratch/out"
check 'a command that is given stands for that of the image' record "$layout" -e GREETING=bye -- /bin/sh -c 'echo $GREETING there'
check 'in the environment of both' grep -qx 'bye there' "$scratch/out"
printf 'GREETING=see you' >"$scratch/environment"
check 'a file gives variables, too' record "$layout" --env-file "$scratch/environment" -- /bin/sh -c 'echo $GREETING there'
check 'which the command gets' grep -qx 'see you there' "$scratch/out"
check 'one that cannot be read is an error' fails_with 2 "env-file '$scratch': Is a directory" "$agent" record -q -o "$t" --env-file "$scratch" --image "$layout"
check 'only what is whole is in the cache' test "$(find "$scratch/cache/vexxy" -mindepth 1 -maxdepth 1 | grep -vc '/sha256-[0-9a-f]*$')" = 0

mkdir "$scratch/killed"
printf '#!/bin/sh\necho unpacking rootfs >&2\nkill -9 $$\n' >"$scratch/killed/umoci"
chmod +x "$scratch/killed/umoci"
check 'a helper that somebody kills is said to have been killed' fails_with 75 "umoci: unshare was killed by signal 9" \
	env PATH="$scratch/killed:$PATH" XDG_CACHE_HOME="$scratch/killed/cache" "$agent" record -q -o "$t" --image "oci:$layout:web"
printf '#!/bin/sh\necho was killed by signal 9 >&2\nexit 1\n' >"$scratch/killed/umoci"
check 'one that only says so is not' fails_with 1 "umoci: unshare: was killed by signal 9" \
	env PATH="$scratch/killed:$PATH" XDG_CACHE_HOME="$scratch/killed/cache" "$agent" record -q -o "$t" --image "oci:$layout:web"
mkdir "$scratch/kept"
printf '#!/bin/sh\nexit 1\n' >"$scratch/kept/rm"
chmod +x "$scratch/kept/rm"
check 'what cannot be removed is named' fails_with 1 "cannot remove '$scratch/kept/cache/vexxy/.*/layout'" \
	env PATH="$scratch/kept:$PATH" XDG_CACHE_HOME="$scratch/kept/cache" "$agent" record -q -o "$t" --image "oci:$layout:web"
check 'a layout that is not there is named' fails_with 1 "^error: image 'oci:/nonexistent': skopeo: .*no such file" \
	"$agent" record -q -o "$t" --image oci:/nonexistent
check 'a file that is no archive is named' fails_with 1 "^error: image '/etc/passwd' is neither an archive nor" \
	"$agent" record -q -o "$t" --image /etc/passwd
check 'a directory that is no layout is named' fails_with 1 "^error: '/etc' is a directory without 'oci-layout'" \
	"$agent" record -q -o "$t" --image /etc
check 'a registry that is not there is named' fails_with 1 "^error: image 'localhost:1/x': skopeo: .*refused" \
	"$agent" record -q -o "$t" --image localhost:1/x
quietly cp -r "$layout" "$scratch/broken"
find "$scratch/broken/blobs/sha256" -type f -size +100k -exec truncate -s 5000 {} +
rm -rf "$scratch/cache"
check 'a broken layer is an error' fails_with 1 "^error: image '" "$agent" record -q -o "$t" --image "$scratch/broken"
check 'and nothing of it stays in the cache' test -z "$(find "$scratch/cache/vexxy" -mindepth 1 -maxdepth 1)"
check 'nor a trace' test ! -e "$t"
finish
