// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* peer_certificate.c — whom a client's certificate names. The only user of GnuTLS. */
#include "server/peer_certificate.h"

#include <string.h>

#include <gnutls/gnutls.h>
#include <gnutls/x509.h>

#define NAMES_MAX 64
#define PURPOSES_MAX 64

static void crt_done(gnutls_x509_crt_t *crt)
{
	if (*crt)
		gnutls_x509_crt_deinit(*crt);
}

static int check_chain(gnutls_session_t session, struct err *err)
{
	gnutls_datum_t words = {};
	unsigned status = 0;
	int r = gnutls_certificate_verify_peers2(session, &status);

	if (r < 0)
		return err_set(err, EACCES, "the certificate cannot be checked: %s",
			       gnutls_strerror(r));
	if (!status)
		return 0;
	if (gnutls_certificate_verification_status_print(status, GNUTLS_CRT_X509, &words, 0) < 0)
		return err_set(err, EACCES, "the certificate is not trusted");
	r = err_set(err, EACCES, "the certificate is not trusted: %.300s", (char *)words.data);
	gnutls_free(words.data);
	return r;
}

/* One that says nothing of its purpose may be a server's, of an authority that signs those too. */
static int check_purpose(gnutls_x509_crt_t crt, struct err *err)
{
	for (unsigned i = 0; i < PURPOSES_MAX; i++) {
		char purpose[128];
		size_t len = sizeof(purpose);

		if (gnutls_x509_crt_get_key_purpose_oid(crt, i, purpose, &len, NULL) < 0)
			break;
		if (!strcmp(purpose, GNUTLS_KP_TLS_WWW_CLIENT))
			return 0;
	}
	return err_set(err, EACCES,
		       "the certificate is not for clients: extendedKeyUsage=clientAuth");
}

/* What the kubelet calls a node: labels of DNS. */
static bool is_node(const char *name, size_t len)
{
	return len && len < NODE_BYTES && strlen(name) == len &&
	       strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789.-") == len;
}

static int find_name(char ret[NODE_BYTES], gnutls_x509_crt_t crt, struct err *err)
{
	char name[NODE_BYTES];
	size_t len, found = 0;
	int type = 0;

	for (unsigned i = 0; i < NAMES_MAX && type >= 0; i++) {
		len = sizeof(name);
		type = gnutls_x509_crt_get_subject_alt_name(crt, i, name, &len, NULL);
		if (type == GNUTLS_E_SHORT_MEMORY_BUFFER)
			return err_set(err, EACCES, "the certificate has a name that is too long");
		if (type != GNUTLS_SAN_DNSNAME)
			continue;
		if (found++ || !is_node(name, len))
			return err_set(err, EACCES,
				       "the certificate of an agent names one host, which is its "
				       "node");
		memcpy(ret, name, len + 1);
	}
	if (found)
		return 0;
	len = sizeof(name);
	if (gnutls_x509_crt_get_dn_by_oid(crt, GNUTLS_OID_X520_COMMON_NAME, 0, 0, name, &len) < 0 ||
	    !is_node(name, len))
		return err_set(err, EACCES, "the certificate names no node");
	memcpy(ret, name, len + 1);
	return 0;
}

int peer_certificate_node(char ret[NODE_BYTES], void *session, struct err *err)
{
	_cleanup_(crt_done) gnutls_x509_crt_t crt = NULL;
	const gnutls_datum_t *chain;
	unsigned count = 0;
	int r;

	chain = gnutls_certificate_get_peers(session, &count);
	if (!chain || !count)
		return err_set(err, ENOENT, "no certificate was shown");
	r = check_chain(session, err);
	if (r < 0)
		return r;
	if (gnutls_x509_crt_init(&crt) < 0 ||
	    gnutls_x509_crt_import(crt, &chain[0], GNUTLS_X509_FMT_DER) < 0)
		return err_set(err, EACCES, "the certificate cannot be read");
	r = check_purpose(crt, err);
	return r < 0 ? r : find_name(ret, crt, err);
}
