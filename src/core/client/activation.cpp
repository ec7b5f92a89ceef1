#include "client/activation.h"

#include "base/error.h"
#include "base/toml.h"
#include "client/toml_text.h"
#include "deliver/deliver.h"

namespace signet::client {
namespace {

constexpr std::size_t k_file_limit = 64 << 10;

struct Debt {
    Activation hooks;
    std::string old_serial;
};

base::Path file_of(const base::Path& directory) { return directory / ".signet" / "pending.toml"; }

std::optional<Debt> load(const base::Path& directory) {
    if (!base::file_facts(file_of(directory))) return std::nullopt;
    // It names programs to run: owner and mode are judged on the descriptor that is read.
    const auto text = base::read_private_file(file_of(directory), k_file_limit);
    base::TomlTable table(base::TomlFile::parse(text, file_of(directory).string()));
    Debt debt{{table.text("exec", ""), table.text("signal", "")}, table.text("old_serial", "")};
    table.finish();
    return debt;
}

std::string serial_there(const base::Path& directory) {
    try {
        const auto there = deliver::installed(directory);
        return there ? there->chain.front().serial_hex() : "";
    } catch (const base::Error&) {
        return "";  // a damaged one has no serial to tell
    }
}

}  // namespace

void remember_activation(const base::Path& directory, const Activation& hooks, const std::string& old_serial) {
    const auto folder = deliver::private_directory(directory);
    std::string text = "# The files changed, and the service may not know yet: the next renew or fetch tells it.\n";
    append_toml(text, "exec", hooks.exec);
    append_toml(text, "signal", hooks.signal);
    append_toml(text, "old_serial", old_serial);
    base::write_file(folder / "pending.toml", text, {.mode = 0600, .owner = {}, .group = {}, .exclusive = false});
}

ActivationLock owe_activation(const base::Path& directory, const Activation& hooks) {
    const auto before = load(directory);
    if (hooks.empty() && !before) return std::nullopt;
    auto lock = base::FileLock::acquire(deliver::private_directory(directory) / "hook.lock");
    remember_activation(directory, hooks.empty() ? before->hooks : hooks,
                        before && !before->old_serial.empty() ? before->old_serial : serial_there(directory));
    return lock;
}

std::optional<ActivationResult> activate(const base::Path& directory, const x509::Certificate& leaf,
                                         const Activation& own, ActivationLock held, SignalsSent& sent) {
    if (!load(directory)) return std::nullopt;
    if (!held) held = base::FileLock::try_acquire(deliver::private_directory(directory) / "hook.lock");
    if (!held) return std::nullopt;  // the run that made the change is at it
    const auto debt = load(directory);
    if (!debt) return std::nullopt;
    if (own.empty())
        deliver::check_ownership(directory);  // a remembered hook is obeyed only where nobody else can write
    const Activation& hooks = own.empty() ? debt->hooks : own;
    ActivationResult result;
    if (!hooks.exec.empty()) {
        const auto outcome = deliver::run_hook(hooks.exec, {directory, leaf, debt->old_serial});
        if (!outcome.ok) result = {false, outcome.message};
    }
    if (result.ok && !hooks.signal.empty()) {
        auto found = sent.find(hooks.signal);
        if (found == sent.end()) found = sent.emplace(hooks.signal, deliver::send_signal(hooks.signal)).first;
        if (!found->second.ok) result = {false, found->second.message};
    }
    if (result.ok) base::remove_if_there(file_of(directory));
    return result;
}

}  // namespace signet::client
