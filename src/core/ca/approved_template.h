#pragma once

#include <utility>

#include "x509/lint.h"
#include "x509/template.h"

namespace signet::ca {

/// A template that policy has approved: the only thing an Authority signs. Move-only and used once; only policy.cpp
/// can make one.
class ApprovedTemplate {
public:
    ApprovedTemplate(ApprovedTemplate&&) = default;
    ApprovedTemplate& operator=(ApprovedTemplate&&) = default;
    ApprovedTemplate(const ApprovedTemplate&) = delete;
    const x509::Template& content() const { return content_; }
    const x509::DraftKind& kind() const { return kind_; }

private:
    friend class Approval;  // stands in policy.cpp
    ApprovedTemplate(x509::Template content, x509::DraftKind kind) : content_(std::move(content)), kind_(kind) {}
    x509::Template content_;
    x509::DraftKind kind_;
};

}  // namespace signet::ca
