#include "ca/checkpoint.h"

#include <algorithm>
#include <charconv>

#include "base/encoding.h"
#include "base/error.h"
#include "base/text.h"
#include "crypto/digest.h"
#include "crypto/signature.h"

namespace signet::ca {
namespace {

using base::Error;
using base::Kind;

constexpr std::uint8_t k_ed25519 = 0x01;  // c2sp.org/signed-note: signature types
constexpr std::size_t k_id_size = 4;
constexpr std::string_view k_origin_start = "signet.audit/";
constexpr std::string_view k_key_start = "key: ";
constexpr std::string_view k_signature_start = "\u2014 ";  // em dash
constexpr std::size_t k_checkpoint_limit = 16 << 10;       // ours take some 400 bytes; others may have signed too

base::Bytes raw_key(const crypto::PublicKey& key) { return key.parts().first; }

std::string origin_of(const base::Bytes& raw) {
    const auto digest = crypto::sha256(raw);
    return std::string(k_origin_start) + base::hex_encode(base::ByteView(digest).first(8));
}

base::Bytes typed_key(const base::Bytes& raw) {
    base::Bytes typed{k_ed25519};
    base::append(typed, raw);
    return typed;
}

base::Bytes key_id(const std::string& origin, const base::Bytes& raw) {
    auto message = base::to_bytes(origin + "\n");
    base::append(message, typed_key(raw));
    const auto digest = crypto::sha256(message);
    return {digest.begin(), digest.begin() + k_id_size};
}

std::string note_text(const std::string& origin, const store::KnownTree& tree, const std::string& verifier) {
    return origin + "\n" + std::to_string(tree.size) + "\n" + base::base64_encode(tree.root) + "\n" +
           std::string(k_key_start) + verifier + "\n";
}

class Reader {
public:
    Reader(std::string_view text, std::string_view what) : what_(what) {
        if (text.size() > k_checkpoint_limit) fail();
        const auto end = text.find("\n\n");
        if (end == std::string_view::npos) fail();
        body_ = text.substr(0, end + 1);
        signatures_ = text.substr(end + 2);
        lines_ = base::split(body_.substr(0, body_.size() - 1), '\n');
    }

    Checkpoint read() {
        if (lines_.size() < 4 || !lines_[3].starts_with(k_key_start)) fail();
        Checkpoint checkpoint;
        checkpoint.origin = lines_[0];
        checkpoint.tree = {size(lines_[1]), root(lines_[2])};
        checkpoint.verifier_key = lines_[3].substr(k_key_start.size());
        const auto raw = key(checkpoint);
        if (!signed_by(checkpoint.origin, raw))
            throw Error{Kind::refused, "the signature of the checkpoint in " + what_ + " does not hold",
                        "take the checkpoint as signet printed it, with all its lines"};
        return checkpoint;
    }

private:
    [[noreturn]] void fail() const {
        throw Error{Kind::bad_input, what_ + " holds no checkpoint of an audit log",
                    "take what 'signet audit checkpoint' printed"};
    }
    std::uint64_t size(std::string_view text) const {
        std::uint64_t value = 0;
        const auto read = std::from_chars(text.data(), text.data() + text.size(), value);
        if (read.ec != std::errc{} || std::to_string(value) != text) fail();
        return value;
    }
    store::TreeHash root(std::string_view text) const {
        const auto bytes = base::base64_decode(text);
        store::TreeHash hash{};
        if (!bytes || bytes->size() != hash.size()) fail();
        std::copy(bytes->begin(), bytes->end(), hash.begin());
        return hash;
    }
    base::Bytes key(const Checkpoint& checkpoint) const {
        // Base64 has a plus of its own: the parts are told apart from the left.
        const auto first = checkpoint.verifier_key.find('+');
        const auto second = first == std::string::npos ? first : checkpoint.verifier_key.find('+', first + 1);
        if (second == std::string::npos) fail();
        const auto typed = base::base64_decode(std::string_view(checkpoint.verifier_key).substr(second + 1));
        if (!typed || typed->size() != 33 || typed->front() != k_ed25519) fail();
        base::Bytes raw(typed->begin() + 1, typed->end());
        if (checkpoint.origin != origin_of(raw) ||
            checkpoint.verifier_key != verifier_key(crypto::PublicKey::from_ed25519(raw)))
            fail();
        return raw;
    }
    bool signed_by(const std::string& origin, const base::Bytes& raw) const {
        const auto start = std::string(k_signature_start) + origin + " ";
        const auto id = key_id(origin, raw);
        for (const auto line : base::split(signatures_, '\n')) {
            if (!line.starts_with(start)) continue;
            const auto signature = base::base64_decode(line.substr(start.size()));
            if (!signature || signature->size() < id.size() ||
                !base::equal(base::ByteView(*signature).first(id.size()), id))
                continue;
            if (crypto::verify(crypto::PublicKey::from_ed25519(raw), crypto::SignatureAlgorithm::ed25519,
                               base::bytes_of(body_), base::ByteView(*signature).subspan(id.size())))
                return true;
        }
        return false;
    }

    std::string what_;
    std::string_view body_, signatures_;
    std::vector<std::string_view> lines_;
};

}  // namespace

std::string verifier_key(const crypto::PublicKey& key) {
    const auto raw = raw_key(key);
    const auto origin = origin_of(raw);
    return origin + "+" + base::hex_encode(key_id(origin, raw)) + "+" + base::base64_encode(typed_key(raw));
}

Checkpoint sign_checkpoint(const crypto::PrivateKey& key, const store::KnownTree& tree) {
    const auto raw = raw_key(key.public_key());
    Checkpoint checkpoint{origin_of(raw), tree, verifier_key(key.public_key()), {}};
    checkpoint.text = note_text(checkpoint.origin, tree, checkpoint.verifier_key);
    auto signature = key_id(checkpoint.origin, raw);
    base::append(signature, crypto::sign(key, crypto::SignatureAlgorithm::ed25519, base::bytes_of(checkpoint.text)));
    checkpoint.text +=
        "\n" + std::string(k_signature_start) + checkpoint.origin + " " + base::base64_encode(signature) + "\n";
    return checkpoint;
}

Checkpoint parse_checkpoint(std::string_view text, std::string_view what) {
    auto checkpoint = Reader(text, what).read();
    checkpoint.text = text;
    return checkpoint;
}

}  // namespace signet::ca
