#!/bin/sh
# Fails when a folder includes what it must not know, or a library is used outside its file.
set -eu
cd "$(dirname "$0")/../.."
bad=0

may_include() { # folder, then the other folders it may include from
	dir=$1
	shift
	# shellcheck disable=SC2046
	wrong=$(awk -v known=" $dir $* " 'match($0, /^#include "[^"\/]*\//) {
		from = substr($0, 11, RLENGTH - 11)
		if (!index(known, " " from " ")) print FILENAME ": must not include " from "/"
	}' /dev/null $(find "$dir" -name '*.[ch]'))
	[ -z "$wrong" ] || { echo "$wrong" && bad=1; }
}

only_in() { # library header, then the only files that may use it
	header=$1
	shift
	for file in $(grep -rl "#include <$header>" agent analyzer server kubescape-compat include || true); do
		case " $* " in
		*" $file "*) ;;
		*) echo "$file: <$header> belongs in: $*" && bad=1 ;;
		esac
	done
}

may_include include
may_include bpf
may_include agent include bpf
may_include kubescape-compat include
may_include analyzer include kubescape-compat data
may_include server include kubescape-compat page

only_in bpf/libbpf.h agent/source.c agent/source_load.c
only_in bpf/bpf.h agent/source.c agent/source_load.c
only_in curl/curl.h agent/upload.c server/http_client.c
only_in yaml.h server/kube_yaml.c
only_in sqlite3.h server/db_sqlite.c
only_in postgresql/libpq-fe.h server/postgres.c
only_in microhttpd.h server/http.c
only_in 'gnutls/.*' server/peer_certificate.c
only_in 'openssl/.*' agent/sha256.c analyzer/crypto.c kubescape-compat/slug.c server/digest.c server/public_key.c
only_in Zydis/Zydis.h analyzer/instructions_x86.c
only_in capstone/capstone.h analyzer/instructions_arm64.c
only_in lzma.h analyzer/xz.c
only_in libiberty/demangle.h analyzer/demangle.c
only_in libelf.h analyzer/elf_facts.c agent/build_id.c
only_in gelf.h analyzer/elf_facts.c agent/build_id.c
only_in elfutils/libdw.h analyzer/dwarf_sites.c
only_in elfutils/libdwelf.h analyzer/dwarf_sites.c
only_in dwarf.h analyzer/dwarf_sites.c

exit $bad
