#include "inspect/things.h"

#include "base/error.h"
#include "x509/der.h"
#include "x509/pem.h"
#include "x509/pkcs12.h"

namespace signet::inspect {
namespace {

using base::ByteView;
using base::Error;
using base::Kind;
using x509::der::Reader;

constexpr std::size_t k_largest_pem = 128 << 20;  // a CRL of two million entries

enum class Form { certificate, request, crl, ocsp, pkcs8, pkcs1, sec1, public_key, encrypted_key, pkcs12, unknown };

// The tags of the first elements of a SEQUENCE, seven at most.
std::string tags_of(Reader elements) {
    std::string tags;
    while (!elements.at_end() && tags.size() < 7) tags += static_cast<char>(elements.any("element").tag);
    return tags;
}

constexpr std::string_view k_seq = "\x30", k_int = "\x02", k_bits = "\x03", k_octets = "\x04";

// What is signed: SEQUENCE, AlgorithmIdentifier, BIT STRING.
Form signed_form(Reader inside) {
    const std::string tags = tags_of(inside);
    // A CRL: version, signature, issuer, thisUpdate; the version may be absent.
    const std::string_view after_version = std::string_view(tags).substr(tags.starts_with('\x02') ? 1 : 0);
    if (after_version.starts_with("\x30\x30\x17") || after_version.starts_with("\x30\x30\x18")) return Form::crl;
    if (tags.starts_with("\xa0")) return Form::certificate;  // a version above 1
    // Version 1: serialNumber, signature, issuer, validity, subject, key. A request: version, subject, key, attributes.
    return tags.starts_with("\x02\x30\x30\x30\x30\x30") ? Form::certificate : Form::request;
}

Form form_of(ByteView der) {
    try {
        Reader whole(der);
        const ByteView contents = whole.read(x509::der::k_sequence, "file").contents;
        const std::string tags = tags_of(Reader(contents));
        const auto begins = [&](std::initializer_list<std::string_view> parts) {
            std::string start;
            for (const auto part : parts) start += part;
            return tags.starts_with(start);
        };
        if (begins({k_seq, k_seq, k_bits})) return signed_form(Reader(contents).sequence("signed part"));
        if (begins({"\x0a"})) return Form::ocsp;
        if (begins({k_seq, k_bits})) return Form::public_key;
        if (begins({k_seq, k_octets})) return Form::encrypted_key;
        if (x509::looks_like_pkcs12(der)) return Form::pkcs12;
        if (begins({k_int, k_seq, k_octets})) return Form::pkcs8;
        if (begins({k_int, k_int, k_int})) return Form::pkcs1;
        if (begins({k_int, k_octets})) return Form::sec1;
    } catch (const Error&) {
        // no DER
    }
    return Form::unknown;
}

Form form_of(std::string_view label) {
    if (label == "CERTIFICATE" || label == "X509 CERTIFICATE") return Form::certificate;
    if (label == "CERTIFICATE REQUEST" || label == "NEW CERTIFICATE REQUEST") return Form::request;
    if (label == x509::k_crl_pem_label) return Form::crl;
    if (label == "OCSP RESPONSE") return Form::ocsp;
    if (label == "PRIVATE KEY") return Form::pkcs8;
    if (label == "RSA PRIVATE KEY") return Form::pkcs1;
    if (label == "EC PRIVATE KEY") return Form::sec1;
    if (label == "ENCRYPTED PRIVATE KEY") return Form::encrypted_key;
    if (label == "PUBLIC KEY") return Form::public_key;
    return Form::unknown;
}

ShownKey private_key(std::string_view label, ByteView der, std::string_view what) {
    const base::Secret pem(x509::encode_pem(label, der));
    return {true, crypto::PrivateKey::from_pem(pem.reveal(), what).public_key()};
}

class Collector {
public:
    Collector(std::string_view what, const base::Secret* password) : what_(what), password_(password) {}

    bool add(Form form, ByteView der) {
        switch (form) {
            case Form::certificate:
                things_.emplace_back(x509::Certificate::from_der(der));
                return true;
            case Form::request:
                things_.emplace_back(x509::CertificateRequest::from_der(der));
                return true;
            case Form::crl:
                things_.emplace_back(x509::Crl::from_der(base::Bytes(der.begin(), der.end())));
                return true;
            case Form::ocsp:
                things_.emplace_back(x509::parse_ocsp_response(der));
                return true;
            case Form::pkcs8:
                things_.emplace_back(private_key("PRIVATE KEY", der, what_));
                return true;
            case Form::pkcs1:
                things_.emplace_back(private_key("RSA PRIVATE KEY", der, what_));
                return true;
            case Form::sec1:
                things_.emplace_back(private_key("EC PRIVATE KEY", der, what_));
                return true;
            case Form::public_key:
                things_.emplace_back(ShownKey{false, crypto::PublicKey::from_spki(der)});
                return true;
            case Form::encrypted_key:
                things_.emplace_back(EncryptedKey{});
                return true;
            case Form::pkcs12:
                add_pkcs12(der);
                return true;
            case Form::unknown:
                return false;
        }
        return false;
    }

    std::vector<Thing> take() { return std::move(things_); }

private:
    void add_pkcs12(ByteView der) {
        auto contents = x509::read_pkcs12(der, what_, password_);
        for (auto& certificate : contents.certificates) things_.emplace_back(std::move(certificate));
        for (auto& key : contents.keys) things_.emplace_back(ShownKey{true, std::move(key)});
    }

    std::string_view what_;
    const base::Secret* password_;
    std::vector<Thing> things_;
};

// The old encryption of OpenSSL stands in headers inside the block, which are no base64.
bool is_traditionally_encrypted(std::string_view text) {
    return text.find("\nProc-Type: 4,ENCRYPTED") != std::string_view::npos;
}

void read_pem(std::string_view text, std::string_view what, Collector& out) {
    if (is_traditionally_encrypted(text)) {
        out.add(Form::encrypted_key, {});
        return;
    }
    const x509::PemLimits limits{.size = k_largest_pem};
    for (x509::PemBlock& block : x509::parse_pem(text, what, true, limits)) {
        try {
            out.add(form_of(block.label), block.der);
        } catch (const Error& error) {
            const bool named = error.message().find(what) != std::string::npos;
            throw Error{error.kind() == Kind::refused ? Kind::refused : Kind::bad_input,
                        named ? error.message()
                              : std::string(what) + ", line " + std::to_string(block.line) + ": " + error.message(),
                        error.hint()};
        }
        if (block.label.ends_with("PRIVATE KEY")) base::wipe(block.der.data(), block.der.size());
    }
}

void read_der(ByteView der, std::string_view what, Collector& out) {
    try {
        if (out.add(form_of(der), der)) return;
    } catch (const Error& error) {
        const bool named = error.message().find(what) != std::string::npos;
        if (named) throw;
        throw Error{Kind::bad_input, std::string(what) + ": " + error.message(), error.hint()};
    }
}

}  // namespace

std::vector<Thing> read_things(const base::Secret& contents, std::string_view what, const base::Secret* p12_password) {
    Collector out(what, p12_password);
    const std::string_view text = contents.reveal();
    if (text.find("-----BEGIN ") != std::string_view::npos)
        read_pem(text, what, out);
    else
        read_der(base::bytes_of(text), what, out);
    auto things = out.take();
    if (things.empty()) {
        throw Error{
            Kind::bad_input,
            std::string(what) + " holds no certificate, request, CRL, OCSP response, key or PKCS#12 that signet knows",
            "give a file in PEM or DER"};
    }
    return things;
}

}  // namespace signet::inspect
