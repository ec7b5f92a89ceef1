#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/error.h"
#include "cli/context.h"
#include "cli/interruption.h"
#include "cli/local_ca.h"
#include "client/renew.h"

namespace signet::cli {

/// What `signet renew` is told.
struct RenewWords {
    std::vector<std::string> targets;
    std::optional<std::string> before, exec, signal, probe;
    std::optional<base::Duration> interval, jitter;
    bool force = false;
    bool dry_run = false;
    bool detailed_exit_code = false;
    bool reuse_key = false;
    bool daemon = false;
};

/// Opens the store's CA when the first directory needs it.
class LazyCa {
public:
    explicit LazyCa(const Context& context) : context_(context) {}
    client::LocalCa& operator()() {
        if (!opened_) opened_ = std::make_unique<OpenedCa>(context_);
        return opened_->local();
    }

private:
    const Context& context_;
    std::unique_ptr<OpenedCa> opened_;
};

/// One directory and what became of it.
struct RenewOutcome {
    base::Path directory;
    std::optional<client::Renewed> renewed;
    std::optional<base::Error> error;
    bool in_effect = true;
};

/// The directories that the words name, absolute; without words all that was saved in the store. A word that names none
/// is kept as it is, for renewal to say so.
std::vector<std::string> renewal_targets(const Context& context, const RenewWords& words);

/// Renews what is due; one failure does not stop the rest, each is told at once. Then tells the services of those that
/// changed, and asks --probe.
std::vector<RenewOutcome> renew_round(Context& context, const RenewWords& words, const client::RenewOptions& options,
                                      LazyCa& ca, const Interruption& interruption);

/// Several outcomes at once: the environment beats wrong usage, that a refusal, that the network, and so on.
int exit_code_of(const std::vector<RenewOutcome>& outcomes, bool detailed);

/// All of it as a table, or one JSON document.
void print_round(Context& context, const std::vector<RenewOutcome>& outcomes, LazyCa& ca);
/// What happened in one round of many: a line for each directory that was renewed, nothing for the others. With --json
/// failures too.
void print_events(Context& context, const std::vector<RenewOutcome>& outcomes, LazyCa& ca);

/// --daemon: rounds until a signal ends it. Returns the exit code.
int renew_forever(Context& context, const RenewWords& words, const client::RenewOptions& options);

}  // namespace signet::cli
