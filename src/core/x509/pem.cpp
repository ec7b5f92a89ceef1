#include "x509/pem.h"

#include <algorithm>

#include "base/encoding.h"
#include "base/error.h"
#include "base/text.h"
#include "x509/der.h"

namespace signet::x509 {
namespace {

using base::Error;
using base::Kind;

constexpr std::string_view k_begin = "-----BEGIN ";
constexpr std::string_view k_end = "-----END ";
constexpr std::string_view k_dashes = "-----";
constexpr std::size_t k_longest_label = 64;

/// Cuts text into lines without their ends and counts them.
class Lines {
public:
    explicit Lines(std::string_view text) : rest_(text) {}
    std::optional<std::string_view> next() {
        if (rest_.empty()) return std::nullopt;
        const std::size_t end = rest_.find('\n');
        const std::string_view line = rest_.substr(0, end);
        rest_ = end == std::string_view::npos ? std::string_view() : rest_.substr(end + 1);
        ++number_;
        return base::trim(line);
    }
    std::size_t number() const { return number_; }
    std::string_view rest() const { return rest_; }

private:
    std::string_view rest_;
    std::size_t number_ = 0;
};

struct Source {
    std::string_view what;
    [[noreturn]] void refuse(std::size_t line, const std::string& why, std::string hint) const {
        throw Error{Kind::bad_input, std::string(what) + " line " + std::to_string(line) + ": " + why, std::move(hint)};
    }
};

std::optional<std::string_view> label_of(std::string_view line, std::string_view lead) {
    if (!line.starts_with(lead) || !line.ends_with(k_dashes) || line.size() < lead.size() + k_dashes.size())
        return std::nullopt;
    const std::string_view label = line.substr(lead.size(), line.size() - lead.size() - k_dashes.size());
    return label.empty() || label.size() > k_longest_label ? std::nullopt : std::optional(label);
}

/// Decodes while lines come, so that a CRL of a hundred megabytes is not in memory as text a second time.
class Base64Lines {
public:
    explicit Base64Lines(std::size_t text_size) { der_.reserve(text_size / 4 * 3); }
    void add(std::string_view line) {
        for (const char c : line)
            if (c != ' ' && c != '\t' && c != '\r') text_ += c;
        if (text_.size() >= k_piece) decode(text_.size() / 4 * 4, false);
    }
    std::optional<base::Bytes> finish() && {
        decode(text_.size(), true);
        return good_ ? std::optional(std::move(der_)) : std::nullopt;
    }

private:
    static constexpr std::size_t k_piece = 64 << 10;

    void decode(std::size_t size, bool last) {
        const std::string_view piece = std::string_view(text_).substr(0, size);
        const auto bytes = base::base64_decode(piece, false);
        good_ = good_ && bytes && (last || !piece.ends_with('='));  // padding is for the end
        if (good_) base::append(der_, *bytes);
        text_.erase(0, size);
    }

    std::string text_;
    base::Bytes der_;
    bool good_ = true;
};

PemBlock read_block(Lines& lines, std::string_view label, const Source& source) {
    const std::size_t begin = lines.number();
    Base64Lines base64(std::min(lines.rest().find(k_end), lines.rest().size()));
    while (const auto line = lines.next()) {
        if (const auto end = label_of(*line, k_end)) {
            if (*end != label)
                source.refuse(lines.number(), "the block of line " + std::to_string(begin) + " ends as another",
                              "repair the file");
            auto der = std::move(base64).finish();
            if (!der || der->empty())
                source.refuse(begin, "the block is not base64", "repair the file, or fetch it again");
            return {std::string(label), *std::move(der), begin};
        }
        if (line->starts_with(k_begin))
            source.refuse(lines.number(), "a block begins inside the one of line " + std::to_string(begin),
                          "repair the file");
        base64.add(*line);
    }
    source.refuse(begin, "the block is cut short: it has no END line", "copy the whole file again");
}

Error with_line(const Error& error, std::string_view what, const PemBlock& block) {
    return Error{Kind::bad_input, std::string(what) + " line " + std::to_string(block.line) + ": " + error.message(),
                 error.hint()};
}

}  // namespace

std::vector<PemBlock> parse_pem(std::string_view text, std::string_view what, bool comments, const PemLimits& limits) {
    const Source source{what};
    if (text.size() > limits.size) {
        throw Error{Kind::bad_input, std::string(what) + " is larger than " + std::to_string(limits.size) + " bytes",
                    "give the file that holds the certificates alone"};
    }
    std::vector<PemBlock> blocks;
    Lines lines(text);
    while (const auto line = lines.next()) {
        if (const auto label = label_of(*line, k_begin)) {
            if (blocks.size() == limits.blocks)
                source.refuse(lines.number(), "more than " + std::to_string(limits.blocks) + " blocks",
                              "split the file");
            blocks.push_back(read_block(lines, *label, source));
        } else if (line->starts_with(k_end)) {
            source.refuse(lines.number(), "an END line without its BEGIN", "copy the whole file again");
        } else if (!comments && !line->empty()) {
            source.refuse(lines.number(), "text outside the PEM blocks", "remove it");
        }
    }
    return blocks;
}

std::string encode_pem(std::string_view label, base::ByteView der) {
    constexpr std::size_t k_width = 64;  // RFC 7468 section 2
    const std::string base64 = base::base64_encode(der);
    std::string out = std::string(k_begin) + std::string(label) + "-----\n";
    for (std::size_t at = 0; at < base64.size(); at += k_width) out += base64.substr(at, k_width) + "\n";
    return out + std::string(k_end) + std::string(label) + "-----\n";
}

std::vector<Certificate> parse_certificates(std::string_view pem, std::string_view what) {
    std::vector<Certificate> out;
    for (const PemBlock& block : parse_pem(pem, what)) {
        if (block.label != "CERTIFICATE") continue;
        try {
            out.push_back(Certificate::from_der(block.der));
        } catch (const Error& error) {
            throw with_line(error, what, block);
        }
    }
    if (out.empty())
        throw Error{Kind::bad_input, std::string(what) + " holds no certificate",
                    "give a file with BEGIN CERTIFICATE blocks"};
    return out;
}

std::vector<Certificate> parse_certificate_file(std::string_view contents, std::string_view what) {
    const bool der = !contents.empty() && static_cast<std::uint8_t>(contents.front()) == der::k_sequence &&
                     contents.find("-----BEGIN ") == std::string_view::npos;
    if (!der) return parse_certificates(contents, what);
    try {
        return {Certificate::from_der(base::bytes_of(contents))};
    } catch (const Error& error) {
        throw Error{Kind::bad_input, std::string(what) + ": " + error.message(), error.hint()};
    }
}

std::string encode_certificates(const std::vector<Certificate>& certificates) {
    std::string out;
    for (const Certificate& certificate : certificates) out += encode_pem("CERTIFICATE", certificate.der());
    return out;
}

}  // namespace signet::x509
