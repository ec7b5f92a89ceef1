#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/error.h"
#include "base/json.h"
#include "base/time.h"
#include "store/records.h"
#include "x509/certificate.h"

namespace signet::cli {

enum class Colour { none, red, green, yellow, bold };

/// Results on standard output, everything else on standard error. A command prints either text or, with --json, one
/// document: `if (out.json()) out.document(…); else out.text(…)`. Not thread-safe.
class Output {
public:
    struct Settings {
        bool json = false;
        bool quiet = false;
        bool colour_out = false;  // standard output is a terminal, and NO_COLOR is not set
        bool colour_err = false;
        bool terminal_out = false;
        bool terminal_err = false;  // one that can overwrite a line
    };
    Output(int out_fd, int err_fd, Settings settings) : out_fd_(out_fd), err_fd_(err_fd), settings_(settings) {}
    /// Ends a live line.
    ~Output();
    Output(const Output&) = delete;
    Output& operator=(const Output&) = delete;

    bool json() const { return settings_.json; }
    /// Somebody looks at standard output.
    bool terminal() const { return settings_.terminal_out; }

    /// As it stands; kept back until flush().
    void text(std::string_view text);
    void line(std::string_view text);
    /// "label:   value" lines, values aligned, empty values left out.
    void facts(const std::vector<std::pair<std::string, std::string>>& rows);
    /// Columns aligned, headings in bold on a terminal. Nothing for no rows.
    void table(const std::vector<std::string>& headings, const std::vector<std::vector<std::string>>& rows);
    /// The result as one indented JSON document, or `line_of_json` as one line of many.
    void document(const base::Json& json);
    void line_of_json(const base::Json& json);
    /// Writes what is kept back. Throws disk when standard output cannot take it: full, or closed by its reader.
    void flush();
    /// The same in the middle of a long result: false when its reader has gone (`| head`), which is no error.
    bool flush_some();

    /// What is being done, on standard error; not with -q.
    void progress(std::string_view text);
    /// One step of a longer way, on a terminal as a live line: it starts with `subject`, and the next step overwrites
    /// it. Elsewhere a line of its own, as progress; `many` asks for the subject there too.
    void step(std::string_view subject, std::string_view text, bool many = false);
    /// How it ended: the last word of the live line. Elsewhere nothing, since the result follows.
    void done(std::string_view subject, std::string_view text);
    /// Asks a person at the terminal; the answer is typed behind it.
    void question(std::string_view text);
    /// "signet: note: …" and "signet: warning: …" on standard error; notes not with -q.
    void note(std::string_view text);
    void warning(std::string_view text);
    /// "signet: …", "  where: …", "  try: …" and a bullet for each part; or, with --json, the error document.
    void error(const base::Error& error);

    /// `text` in colour when standard output is a terminal.
    std::string paint(Colour colour, std::string_view text) const;

private:
    void end_live_line();
    void error_text(std::string_view text);  // best effort: there is nowhere to report to

    int out_fd_;
    int err_fd_;
    Settings settings_;
    std::string kept_;
    std::size_t shown_ = 0;  // columns of the live line
};

/// The members that a certificate always has in JSON: serial, subject, names, ca, profile, not_before, not_after,
/// status, source, account, fingerprint_sha256, key_type. Append the command's own.
base::Json certificate_json(const store::CertificateRecord& record, base::Time now);
/// For one that the store does not know: ca, profile, source and account are null; status is valid or expired.
base::Json certificate_json(const x509::Certificate& certificate, base::Time now);

/// {"error":{"kind","message","hint","parts":[…]}}
base::Json error_json(const base::Error& error);

}  // namespace signet::cli
