#include "cli/verify_batch.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "base/error.h"
#include "base/text.h"
#include "cli/exit_code.h"
#include "inspect/batch.h"

namespace signet::cli {
namespace {

using base::Error;
using base::Kind;

constexpr std::size_t k_longest_line = 24 << 20;
constexpr std::size_t k_chunk = 256 << 10;

/// Lines of a descriptor, one at a time. One that is too long is passed over, and told so.
class LineReader {
public:
    LineReader(int fd, std::string name) : fd_(fd), name_(std::move(name)) {}

    struct Line {
        std::string_view text;  // until the next call
        bool too_long = false;
    };
    std::optional<Line> next() {
        bool too_long = false;
        for (;;) {
            const std::size_t end = kept_.find('\n', searched_);
            if (end != std::string::npos) return cut(end, end + 1, too_long);
            searched_ = kept_.size();
            if (kept_.size() - start_ > k_longest_line) {
                too_long = true;
                drop(kept_.size());
            }
            if (!fill()) break;
        }
        if (start_ == kept_.size() && !too_long) return std::nullopt;
        return cut(kept_.size(), kept_.size(), too_long);
    }

private:
    Line cut(std::size_t end, std::size_t next_start, bool too_long) {
        const Line line{std::string_view(kept_).substr(start_, end - start_), too_long};
        start_ = searched_ = next_start;
        return line;
    }

    void drop(std::size_t upto) {
        kept_.erase(0, upto);
        searched_ = kept_.size();
        start_ = 0;
    }

    bool fill() {
        if (start_ != 0) {
            kept_.erase(0, start_);
            searched_ -= start_;
            start_ = 0;
        }
        const std::size_t before = kept_.size();
        kept_.resize(before + k_chunk);
        ssize_t size = 0;
        do size = ::read(fd_, kept_.data() + before, k_chunk);
        while (size < 0 && errno == EINTR);
        kept_.resize(before + static_cast<std::size_t>(std::max<ssize_t>(size, 0)));
        if (size < 0) throw Error{Kind::disk, "cannot read " + name_ + ": " + std::strerror(errno)};
        return size > 0;
    }

    int fd_;
    std::string name_;
    std::string kept_;
    std::size_t start_ = 0, searched_ = 0;
};

base::Fd open_file(const base::Path& file) {
    base::Fd fd(::open(file.c_str(), O_RDONLY | O_CLOEXEC));
    if (fd.get() < 0) {
        throw Error{Kind::bad_input, "cannot read " + file.string() + ": " + std::strerror(errno),
                    "name a file with one JSON object a line"};
    }
    return fd;
}

}  // namespace

int verify_batch(Context& context, const base::Path& file) {
    const base::Fd opened = file == "-" ? base::Fd() : open_file(file);
    LineReader lines(file == "-" ? STDIN_FILENO : opened.get(), file.string());
    inspect::BatchVerifier verifier(context.seams.clock.now());
    while (const auto line = lines.next()) {
        if (base::trim(line->text).empty() && !line->too_long) continue;
        context.out.line(line->too_long ? R"({"id":null,"valid":false,"reason":"the line is too long"})"
                                        : verifier.verdict(line->text));
        if (!context.out.flush_some()) break;
    }
    return k_exit_done;
}

}  // namespace signet::cli
