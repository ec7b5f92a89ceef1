#include "cli/issue_batch.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <nlohmann/json.hpp>
#include <thread>

#include "base/error.h"
#include "base/text.h"
#include "cli/output.h"
#include "x509/pem.h"

namespace signet::cli {
namespace {

using base::Error;
using base::Json;
using base::Kind;

constexpr std::size_t k_line_limit = 1 << 20;
constexpr std::size_t k_read_size = 64 << 10;
// Most of them wait for the commit that they share.
constexpr std::size_t k_threads = 32;
constexpr std::size_t k_window = 1024;  // lines worked on before their answers are printed

/// The complete lines of a descriptor, as many as one read brings; the last may lack its end.
class Lines {
public:
    Lines(int fd, std::string what) : fd_(fd), what_(std::move(what)) {}
    /// Empty at the end.
    std::vector<std::string> next() {
        std::vector<std::string> lines;
        while (lines.empty() && fill()) take(lines);
        if (lines.empty() && !rest_.empty()) lines.push_back(std::exchange(rest_, {}));
        return lines;
    }

private:
    bool fill() {
        if (const std::size_t end = rest_.find('\n'); end != std::string::npos) return true;
        const std::size_t before = rest_.size();
        if (before > k_line_limit)
            throw Error{Kind::bad_input, "a line of " + what_ + " is longer than 1 MiB", "write one request a line"};
        rest_.resize(before + k_read_size);
        ssize_t got = -1;
        do {
            got = ::read(fd_, rest_.data() + before, k_read_size);
        } while (got < 0 && errno == EINTR);
        rest_.resize(before + static_cast<std::size_t>(std::max<ssize_t>(got, 0)));
        if (got < 0) base::throw_errno(errno, "read", what_);
        return got > 0;
    }
    void take(std::vector<std::string>& lines) {
        std::size_t from = 0;
        for (std::size_t end = rest_.find('\n'); end != std::string::npos && lines.size() < k_window;
             end = rest_.find('\n', from)) {
            lines.push_back(rest_.substr(from, end - from));
            from = end + 1;
        }
        rest_.erase(0, from);
    }

    int fd_;
    std::string what_, rest_;
};

void refuse_unknown(const Json& json) {
    static const std::vector<std::string> known{"id",     "names",  "csr",      "profile",
                                                "client", "server", "key_type", "validity"};
    for (const auto& [member, value] : json.items()) {
        if (std::find(known.begin(), known.end(), member) != known.end()) continue;
        const auto near = base::nearest(member, known);
        throw Error{Kind::bad_input, "there is no member '" + base::printable(member) + "'",
                    near ? "did you mean '" + *near + "'?" : "use: " + base::join(known, ", ")};
    }
}

crypto::KeyType key_type_of(const std::string& text) {
    const auto type = crypto::parse_key_type(text);
    const auto makeable = crypto::makeable_key_types();
    if (!type || std::find(makeable.begin(), makeable.end(), *type) == makeable.end())
        throw Error{Kind::bad_input, "'" + base::printable(text) + "' is no key type", "use ec-p256, or leave it out"};
    return *type;
}

/// As --client and --server do: true for one of them alone is without the other; false is without it.
void narrow(client::LocalRequest& request, std::optional<bool> client, std::optional<bool> server) {
    if (!client && !server) return;
    const bool for_clients = client.value_or(false), for_servers = server.value_or(false);
    const bool one = for_clients != for_servers;
    request.client = (one && for_servers) || client == false ? std::optional(false) : std::nullopt;
    request.server = (one && for_clients) || server == false ? std::optional(false) : std::nullopt;
}

client::LocalRequest request_of(const Json& json, const client::LocalRequest& defaults) {
    constexpr std::string_view what = "the request";
    refuse_unknown(json);
    client::LocalRequest request = defaults;
    for (const auto& name : base::json_strings(json, "names", what))
        request.names.push_back(x509::Identifier::parse(name));
    if (const auto pem = base::json_string_if_there(json, "csr", what)) {
        request.csr = x509::CertificateRequest::from_file_contents(*pem, "csr");
        if (request.names.empty() && !request.csr->other_names.empty())
            throw Error{
                Kind::refused,
                "the request asks for names that cannot be issued: " + base::join(request.csr->other_names, ", "),
                "give names[]: those of the request are ignored then"};
        if (request.names.empty()) request.names = request.csr->names;
    }
    if (const auto text = base::json_string_if_there(json, "profile", what)) request.profile = *text;
    if (const auto text = base::json_string_if_there(json, "validity", what))
        request.validity = base::parse_duration(*text, "validity");
    if (const auto text = base::json_string_if_there(json, "key_type", what)) request.key_type = key_type_of(*text);
    narrow(request, base::json_bool_if_there(json, "client", what), base::json_bool_if_there(json, "server", what));
    return request;
}

struct Answer {
    std::string line;
    bool ok = false;
};

Json certified(const client::LocalRequest& request, client::LocalCa& ca, base::Time now) {
    const auto made = client::issue_locally(request, ca);
    Json json = certificate_json(made.issued.record, now);
    json["certificate"] = x509::encode_certificates({made.issued.certificate});
    json["chain"] = made.issued.chain.empty() ? "" : x509::encode_certificates(made.issued.chain);
    if (!made.key_pem.empty()) json["key"] = std::string(made.key_pem.reveal());
    if (!made.issued.notes.empty()) json["note"] = base::join(made.issued.notes, "; ");
    return json;
}

Answer answer_to(const std::string& line, const client::LocalRequest& defaults, client::LocalCa& ca, base::Time now) {
    Json json = Json::object();
    json["id"] = nullptr;
    try {
        Json asked = base::parse_json(line, "the line");
        if (!asked.is_object()) throw Error{Kind::bad_input, "the line is no JSON object", "write {\"names\": [...]}"};
        if (asked.contains("id")) json["id"] = asked.at("id");
        // A member that is null is one that is not there: so write programs that know no other way.
        for (auto member = asked.begin(); member != asked.end();)
            member = member->is_null() ? asked.erase(member) : std::next(member);
        json.update(certified(request_of(asked, defaults), ca, now));
        return {base::dump_json(json), true};
    } catch (const Error& error) {
        json.update(error_json(error));
        return {base::dump_json(json), false};
    }
}

/// Every line by whichever thread is free, the answers in the order of the lines.
std::vector<Answer> answer_all(const std::vector<std::string>& lines, const client::LocalRequest& defaults,
                               client::LocalCa& ca, base::Time now) {
    std::vector<Answer> answers(lines.size());
    std::atomic<std::size_t> next{0};
    const auto work = [&] {
        for (std::size_t i = next++; i < lines.size(); i = next++)
            if (!base::trim(lines[i]).empty()) answers[i] = answer_to(lines[i], defaults, ca, now);
    };
    std::vector<std::jthread> threads;
    for (std::size_t i = 1; i < std::min(k_threads, lines.size()); ++i) threads.emplace_back(work);
    work();
    threads.clear();
    return answers;
}

}  // namespace

bool issue_batch(Context& context, const base::Path& file, const client::LocalRequest& defaults, client::LocalCa& ca) {
    base::Fd opened;
    if (file != "-") {
        opened = base::Fd(::open(file.c_str(), O_RDONLY | O_CLOEXEC));
        if (!opened && errno == ENOENT)
            throw Error{Kind::bad_input, "cannot read " + file.string() + ": no such file",
                        "name a file that is there"};
        if (!opened) base::throw_errno(errno, "read", file);
    }
    Lines lines(opened ? opened.get() : STDIN_FILENO, file == "-" ? "standard input" : file.string());
    bool all = true;
    for (auto some = lines.next(); !some.empty(); some = lines.next()) {
        const auto answers = answer_all(some, defaults, ca, context.seams.clock.now());
        for (std::size_t i = 0; i < answers.size(); ++i) {
            if (answers[i].line.empty()) continue;  // an empty line asks for nothing
            context.out.line(answers[i].line);
            all = all && answers[i].ok;
        }
        context.out.flush();
    }
    return all;
}

}  // namespace signet::cli
