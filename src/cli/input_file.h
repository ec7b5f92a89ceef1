#pragma once

#include <string>

#include "base/file.h"

namespace signet::cli {

/// A file that the command line names. One that is not there is input that cannot be used, exit 2, as is one that holds
/// something else; the rest as base::read_file.
std::string read_input(const base::Path& path, std::size_t limit);

/// Throws usage for "-", which elsewhere is standard input or output: for files with secrets, which are files only.
/// `what` names the word: "--token-file".
void refuse_dash(const base::Path& path, const std::string& what);

}  // namespace signet::cli
