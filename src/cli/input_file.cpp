#include "cli/input_file.h"

#include "base/error.h"

namespace signet::cli {

std::string read_input(const base::Path& path, std::size_t limit) {
    try {
        return base::read_file(path, limit);
    } catch (const base::Error& error) {
        if (error.kind() != base::Kind::not_found) throw;
        throw base::Error{base::Kind::bad_input, error.message(), "name a file that is there"};
    }
}

void refuse_dash(const base::Path& path, const std::string& what) {
    if (path != "-") return;
    throw base::Error{base::Kind::usage, what + " takes a file, and neither standard input nor standard output",
                      "name one; ./- is a file of that name"};
}

}  // namespace signet::cli
