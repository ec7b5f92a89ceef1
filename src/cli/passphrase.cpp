#include "cli/passphrase.h"

#include <fcntl.h>
#include <termios.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <thread>

#include "base/error.h"
#include "cli/output.h"
#include "crypto/key_encryption.h"

namespace signet::cli {
namespace {

using base::Error;
using base::Kind;

constexpr int k_prompts = 3;
constexpr char k_interrupt = 3;  // Ctrl-C, which comes as a byte while signals are off
constexpr std::string_view k_credential = "signet.passphrase";

/// The first line of a descriptor, byte by byte: what follows on a pipe is somebody else's.
base::Secret read_line(int fd, const std::string& what) {
    std::string line;
    line.reserve(crypto::k_longest_passphrase + 2);  // no copy is left behind by growing
    for (char c = 0; line.size() <= crypto::k_longest_passphrase + 1;) {
        const auto got = ::read(fd, &c, 1);
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) base::throw_errno(errno, "read", what);
        if (got == 0 || c == '\n') break;
        line += c;
    }
    if (line.ends_with('\r')) line.pop_back();
    base::Secret secret(std::move(line));
    if (secret.empty()) throw Error{Kind::bad_input, what + " holds no passphrase", "write it on the first line"};
    if (secret.reveal().size() > crypto::k_longest_passphrase)
        throw Error{Kind::bad_input, "the passphrase of " + what + " is too long", "take one of 1024 bytes at most"};
    return secret;
}

/// A terminal that shows nothing of what is typed, until it dies.
class Quiet {
public:
    explicit Quiet(int fd) : fd_(fd) {
        ::tcgetattr(fd_, &before_);
        termios now = before_;
        now.c_lflag &= ~static_cast<tcflag_t>(ECHO | ISIG);
        ::tcsetattr(fd_, TCSAFLUSH, &now);
    }
    Quiet(const Quiet&) = delete;
    Quiet& operator=(const Quiet&) = delete;
    ~Quiet() { ::tcsetattr(fd_, TCSAFLUSH, &before_); }

private:
    int fd_;
    termios before_{};
};

bool has_terminal() { return ::isatty(STDIN_FILENO) == 1 && ::isatty(STDERR_FILENO) == 1; }

void say(std::string_view text) { static_cast<void>(!::write(STDERR_FILENO, text.data(), text.size())); }

base::Secret prompt(const std::string& what) {
    say("passphrase of " + what + ": ");
    const Quiet quiet(STDIN_FILENO);
    try {
        auto secret = read_line(STDIN_FILENO, "the terminal");
        say("\n");
        if (secret.reveal().find(k_interrupt) == std::string_view::npos) return secret;
    } catch (const Error&) {
        say("\n");
        throw;
    }
    throw Error{Kind::usage, "interrupted"};
}

std::optional<base::Path> credential() {
    const char* directory = std::getenv("CREDENTIALS_DIRECTORY");
    if (directory == nullptr || *directory == 0) return std::nullopt;
    base::Path file = base::Path(directory) / k_credential;
    if (!base::file_facts(file)) return std::nullopt;
    return file;
}

std::optional<base::Path> passphrase_file(const Context& context) {
    return context.globals.passphrase_file ? context.globals.passphrase_file : credential();
}

void warn_if_readable(const Context& context, const base::Path& file) {
    const auto facts = base::file_facts(file);
    if (facts && facts->regular && (facts->mode & 077) != 0)
        context.out.warning("others can read the passphrase in " + file.string() + ": chmod 600 " + file.string());
}

}  // namespace

base::Secret read_passphrase(const base::Path& file) {
    if (file == "-") {
        if (!has_terminal()) return read_line(STDIN_FILENO, "standard input");
        return prompt("the keys");
    }
    const base::Fd fd(::open(file.c_str(), O_RDONLY | O_CLOEXEC));
    if (!fd) base::throw_errno(errno, "read", file);
    return read_line(fd.get(), file.string());
}

std::shared_ptr<const base::Secret> given_passphrase(const Context& context) {
    const auto file = passphrase_file(context);
    if (!file) return nullptr;
    if (*file != "-") warn_if_readable(context, *file);
    return std::make_shared<const base::Secret>(read_passphrase(*file));
}

std::shared_ptr<ca::KeyOpener> key_opener(const Context& context, std::shared_ptr<const base::Secret> first) {
    const auto file = passphrase_file(context);
    if (!first && file && *file != "-") warn_if_readable(context, *file);
    return std::make_shared<ca::KeyOpener>(
        [file, first = std::move(first)](int attempt, const std::string& what) -> std::optional<base::Secret> {
            if (attempt == 0 && first) return base::Secret(std::string(first->reveal()));
            if (file) {
                const bool again = attempt == 1 && file != base::Path("-");
                return attempt == 0 || again ? std::optional(read_passphrase(*file)) : std::nullopt;
            }
            if (!has_terminal() || attempt >= k_prompts) return std::nullopt;
            if (attempt > 0) {
                std::this_thread::sleep_for(std::chrono::seconds(attempt));
                say("that is not it\n");
            }
            return prompt(what);
        });
}

}  // namespace signet::cli
