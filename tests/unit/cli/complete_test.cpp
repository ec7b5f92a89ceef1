#include "cli/complete.h"

#include <doctest/doctest.h>

#include "sample.h"

using namespace signet;
using cli::Sample;

namespace {

std::string completed(const std::vector<std::string>& words) {
    Sample sample;
    return cli::complete(sample.table(), words, sample.variables());
}

}  // namespace

TEST_CASE("complete: commands and groups") {
    CHECK(completed({""}) == "ca\tthe authority\nget\tget a thing\ncopy\ttwo words\n");
    CHECK(completed({"g"}) == "get\tget a thing\n");
    CHECK(completed({"ca", ""}) == "init\tmake a CA\n");
    CHECK(completed({"--json", "--store", "/s", "ca", "i"}) == "init\tmake a CA\n");
}

TEST_CASE("complete: options of the command and global ones") {
    CHECK(completed({"get", "--fo"}) == "--format\tformats\n--force\tdo it\n");
    CHECK(completed({"ca", "init", "--st"}) == "--store\tthe store\n");
    CHECK(completed({"copy", "--fo"}) == "");
}

TEST_CASE("complete: values, after a space, an equals sign or a comma") {
    CHECK(completed({"get", "--format", "p"}) == "pem\np12\n");
    CHECK(completed({"get", "--format=p"}) == "--format=pem\n--format=p12\n");
    CHECK(completed({"get", "--format", "pem,d"}) == "pem,der\n");
    CHECK(completed({"get", "--out", "x"}) == ":directory\n");
    CHECK(completed({"get", "--validity", ""}) == "");
}

TEST_CASE("complete: nonsense completes to nothing") {
    CHECK(completed({"nosuch", ""}) == "ca\tthe authority\nget\tget a thing\ncopy\ttwo words\n");
    CHECK(completed({}) != "");
    CHECK(completed({"get", "--nosuch=a"}) == "");
    CHECK(completed({"copy", "a", "b", "c"}) == "");
}
