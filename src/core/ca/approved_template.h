#pragma once

#include <utility>

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

private:
    friend class Approval;  // stands in policy.cpp
    explicit ApprovedTemplate(x509::Template content) : content_(std::move(content)) {}
    x509::Template content_;
};

}  // namespace signet::ca
