#include "base/memory.h"

#include <fcntl.h>
#include <link.h>
#include <malloc.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cstdint>

namespace signet::base {
namespace {

/// Pages that are never written to are the file's, whoever maps them: dropping them loses nothing.
int drop_constant_pages(dl_phdr_info* object, std::size_t, void*) {
    const auto page = static_cast<std::uintptr_t>(::sysconf(_SC_PAGESIZE));
    for (int i = 0; i < object->dlpi_phnum; ++i) {
        const auto& segment = object->dlpi_phdr[i];
        if (segment.p_type != PT_LOAD || (segment.p_flags & PF_W) != 0) continue;
        const auto begin = (object->dlpi_addr + segment.p_vaddr + page - 1) / page * page;
        const auto end = (object->dlpi_addr + segment.p_vaddr + segment.p_memsz) / page * page;
        if (end > begin) ::madvise(reinterpret_cast<void*>(begin), end - begin, MADV_DONTNEED);
    }
    return 0;
}

/// No kind of mapping belongs into a core, whoever takes it: root with gcore, or the kernel for all its settings.
void leave_out_of_cores() {
    const int filter = ::open("/proc/self/coredump_filter", O_WRONLY | O_CLOEXEC);
    if (filter < 0) return;
    static_cast<void>(!::write(filter, "0", 1));
    ::close(filter);
}

}  // namespace

void hide_memory() {
    leave_out_of_cores();  // while the file of that is still this user's
    ::prctl(PR_SET_DUMPABLE, 0);
    // The kernel takes the former back when user ids change.
    rlimit core{};
    if (::getrlimit(RLIMIT_CORE, &core) != 0) return;
    core.rlim_cur = 0;
    ::setrlimit(RLIMIT_CORE, &core);
}

void release_idle_memory() {
#ifdef __GLIBC__
    ::malloc_trim(0);
#endif
    ::dl_iterate_phdr(drop_constant_pages, nullptr);
}

}  // namespace signet::base
