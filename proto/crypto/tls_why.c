// SPDX-License-Identifier: Apache-2.0
// Failures of TLS in plain words, for a log line that an operator can act on.
#include <openssl/err.h>
#include <openssl/x509_vfy.h>
#include "proto/crypto/tls_in.h"

typedef struct words {
    long code;
    const char *text;
} words;

static const char *find(const words *table, size_t count, long code) {
    for (size_t i = 0; i < count; i++)
        if (table[i].code == code)
            return table[i].text;
    return NULL;
}
#define FIND(table, code) find(table, sizeof(table) / sizeof *(table), code)

static const words verify_words[] = {
    {X509_V_ERR_CERT_REVOKED, "certificate revoked"},
    {X509_V_ERR_CERT_HAS_EXPIRED, "certificate expired"},
    {X509_V_ERR_CERT_NOT_YET_VALID, "certificate not yet valid (or this clock is wrong)"},
    {X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT, "unknown issuer"},
    {X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY, "unknown issuer"},
    {X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE, "unknown issuer"},
    {X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT, "unknown issuer (a self-signed certificate)"},
    {X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN, "unknown issuer"},
    {X509_V_ERR_CERT_UNTRUSTED, "unknown issuer"},
    {X509_V_ERR_CERT_SIGNATURE_FAILURE, "certificate not signed by the issuer that it names"},
    {X509_V_ERR_HOSTNAME_MISMATCH, "certificate is for another host name"},
    {X509_V_ERR_INVALID_PURPOSE, "certificate is not for this use (server or client)"},
    {X509_V_ERR_UNABLE_TO_GET_CRL, "no revocation list for the issuer"},
    {X509_V_ERR_UNABLE_TO_GET_CRL_ISSUER, "no revocation list for the issuer"},
    {X509_V_ERR_CRL_HAS_EXPIRED, "revocation list out of date"},
    {X509_V_ERR_CRL_NOT_YET_VALID, "revocation list not yet valid (or this clock is wrong)"},
    {X509_V_ERR_CRL_SIGNATURE_FAILURE, "revocation list not signed by the issuer"},
    {X509_V_ERR_CERT_CHAIN_TOO_LONG, "certificate chain too long"},
    {X509_V_ERR_EE_KEY_TOO_SMALL, "key of the certificate too weak"},
    {X509_V_ERR_CA_KEY_TOO_SMALL, "key of the issuer too weak"},
    {X509_V_ERR_CA_MD_TOO_WEAK, "signature of the certificate too weak"},
    {X509_V_ERR_OUT_OF_MEM, "out of memory"},
};

const char *why_of_verify(long result) {
    const char *text = FIND(verify_words, result);
    return text ? text : X509_verify_cert_error_string(result);
}

// Those about certificates come first: they are ERR_AUTH.
static const words alert_auth_words[] = {
    {SSL_AD_BAD_CERTIFICATE, "the peer refused: certificate not acceptable (host name, date or signature)"},
    {SSL_AD_UNSUPPORTED_CERTIFICATE, "the peer refused: certificate is not for this use"},
    {SSL_AD_CERTIFICATE_REVOKED, "the peer refused: certificate revoked"},
    {SSL_AD_CERTIFICATE_EXPIRED, "the peer refused: certificate or revocation list expired"},
    {SSL_AD_CERTIFICATE_UNKNOWN, "the peer refused: certificate not acceptable"},
    {SSL_AD_UNKNOWN_CA, "the peer refused: unknown issuer"},
    {SSL_AD_ACCESS_DENIED, "the peer refused: access denied"},
    {SSL_AD_DECRYPT_ERROR, "the peer refused: signature does not fit the certificate"},
    {SSL_AD_CERTIFICATE_REQUIRED, "the peer refused: no certificate"},
    {SSL_AD_UNRECOGNIZED_NAME, "the peer refused: unknown host name"},
};
static const words alert_format_words[] = {
    {SSL_AD_UNEXPECTED_MESSAGE, "the peer refused: unexpected message"},
    {SSL_AD_BAD_RECORD_MAC, "the peer refused: a record was changed on the way"},
    {SSL_AD_RECORD_OVERFLOW, "the peer refused: record too long"},
    {SSL_AD_HANDSHAKE_FAILURE, "the peer refused: no common way to connect"},
    {SSL_AD_ILLEGAL_PARAMETER, "the peer refused: illegal parameter"},
    {SSL_AD_DECODE_ERROR, "the peer refused: message not readable"},
    {SSL_AD_PROTOCOL_VERSION, "the peer refused: TLS version"},
    {SSL_AD_INSUFFICIENT_SECURITY, "the peer refused: security too weak"},
    {SSL_AD_INTERNAL_ERROR, "the peer refused: trouble of its own"},
    {SSL_AD_USER_CANCELLED, "the peer refused: cancelled"},
    {SSL_AD_MISSING_EXTENSION, "the peer refused: missing extension"},
};

const char *why_of_alert(int alert, err *ret) {
    const char *text = FIND(alert_auth_words, alert);
    *ret = text ? ERR_AUTH : ERR_FORMAT;
    if (!text)
        text = FIND(alert_format_words, alert);
    return text ? text : "the peer refused";
}

static const words error_words[] = {
    {SSL_R_UNSUPPORTED_PROTOCOL, "the peer does not speak TLS 1.3"},
    {SSL_R_VERSION_TOO_LOW, "the peer does not speak TLS 1.3"},
    {SSL_R_WRONG_SSL_VERSION, "the peer does not speak TLS 1.3"},
    {SSL_R_WRONG_VERSION_NUMBER, "not TLS"},
    {SSL_R_HTTP_REQUEST, "not TLS but HTTP"},
    {SSL_R_HTTPS_PROXY_REQUEST, "not TLS but HTTP"},
    {SSL_R_BAD_RECORD_TYPE, "not TLS"},
    {SSL_R_PACKET_LENGTH_TOO_LONG, "not TLS (record too long)"},
    {SSL_R_ENCRYPTED_LENGTH_TOO_LONG, "record too long"},
    {SSL_R_DECRYPTION_FAILED_OR_BAD_RECORD_MAC, "a record was changed on the way"},
    {SSL_R_NO_SHARED_CIPHER, "no common cipher suite"},
    {SSL_R_NO_SUITABLE_KEY_SHARE, "no common key exchange"},
    {SSL_R_BAD_SIGNATURE, "signature does not fit the certificate"},
    {SSL_R_EXCESSIVE_MESSAGE_SIZE, "message too long"},
    {SSL_R_UNEXPECTED_MESSAGE, "unexpected message"},
};

const char *why_of_error(unsigned long e, err *ret) {
    *ret = ERR_FORMAT;
    if (ERR_GET_LIB(e) == ERR_LIB_SSL && ERR_GET_REASON(e) > SSL_AD_REASON_OFFSET &&
        ERR_GET_REASON(e) <= SSL_AD_REASON_OFFSET + 255)
        return why_of_alert(ERR_GET_REASON(e) - SSL_AD_REASON_OFFSET, ret);
    if (ERR_GET_REASON(e) == ERR_R_MALLOC_FAILURE) {
        *ret = ERR_MEM;
        return "out of memory";
    }
    if (ERR_GET_LIB(e) == ERR_LIB_SSL && ERR_GET_REASON(e) == SSL_R_PEER_DID_NOT_RETURN_A_CERTIFICATE) {
        *ret = ERR_AUTH;
        return "no certificate";
    }
    if (ERR_GET_LIB(e) == ERR_LIB_SSL && ERR_GET_REASON(e) == SSL_R_BAD_SIGNATURE)
        *ret = ERR_AUTH;
    const char *text = ERR_GET_LIB(e) == ERR_LIB_SSL ? FIND(error_words, ERR_GET_REASON(e)) : NULL;
    if (!text)
        text = ERR_reason_error_string(e);
    return text ? text : "TLS failed";
}
