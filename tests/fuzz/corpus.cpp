// Runs every target once on each file of its corpus, without libFuzzer and with any compiler.   fuzz_corpus DIRECTORY
#include <algorithm>
#include <exception>
#include <iostream>
#include <vector>

#include "base/file.h"
#include "fuzz/targets.h"

namespace {

using signet::base::Path;
namespace fuzz = signet::fuzz;

constexpr std::size_t k_input_limit = 1 << 20;

std::vector<Path> entries(const Path& directory) {
    std::vector<Path> out;
    for (const auto& entry : std::filesystem::directory_iterator(directory)) out.push_back(entry.path());
    std::ranges::sort(out);
    return out;
}

/// How many inputs failed. One that aborts is the last that was printed.
int run_all(const Path& corpus, const std::string& name, fuzz::Target target) {
    int failed = 0;
    for (const auto& file : entries(corpus / name)) {
        std::cout << name << '/' << file.filename().string() << std::endl;
        try {
            target(signet::base::bytes_of(signet::base::read_file(file, k_input_limit)));
        } catch (const std::exception& error) {
            std::cout << "  FAILED: " << error.what() << '\n';
            ++failed;
        }
    }
    return failed;
}

int run(const Path& corpus) {
    int failed = 0;
    for (const auto& directory : entries(corpus)) {
        if (fuzz::targets().contains(directory.filename().string())) continue;
        std::cout << "FAILED: " << directory.filename().string() << " is the corpus of no target\n";
        ++failed;
    }
    for (const auto& [name, target] : fuzz::targets()) failed += run_all(corpus, name, target);
    return failed == 0 ? 0 : 1;
}

}  // namespace

int main(int count, char** arguments) {
    if (count != 2) return 2;
    try {
        return run(arguments[1]);
    } catch (const std::exception& error) {  // a target without a corpus
        std::cout << "FAILED: " << error.what() << '\n';
        return 1;
    }
}
