"""Which options of a kernel the network is told of. Pure.

A kernel has thousands; a board that told all of them would make each list of boards megabytes long. Told are those that
tests ask for, and those that the lab names in boards.yaml under `config`, as patterns of shell file names.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from fnmatch import fnmatchcase

MAX_TOLD = 500
"""Options that a board tells."""

USUAL = (
    "CONFIG_64BIT",
    "CONFIG_BLK_DEV_LOOP",
    "CONFIG_BLK_DEV_NVME",
    "CONFIG_BPF_SYSCALL",
    "CONFIG_BRIDGE",
    "CONFIG_BTRFS_FS",
    "CONFIG_CAN*",
    "CONFIG_CGROUP*",
    "CONFIG_CPU_FREQ",
    "CONFIG_CPU_IDLE",
    "CONFIG_CRYPTO_USER_API*",
    "CONFIG_DEBUG_FS",
    "CONFIG_DEBUG_KERNEL",
    "CONFIG_DEVTMPFS",
    "CONFIG_DM_CRYPT",
    "CONFIG_DRM",
    "CONFIG_DYNAMIC_FTRACE",
    "CONFIG_EXT4_FS",
    "CONFIG_F2FS_FS",
    "CONFIG_FANOTIFY",
    "CONFIG_FTRACE",
    "CONFIG_FUNCTION_TRACER",
    "CONFIG_FUSE_FS",
    "CONFIG_GPIO_SYSFS",
    "CONFIG_HIGH_RES_TIMERS",
    "CONFIG_HUGETLBFS",
    "CONFIG_HWMON",
    "CONFIG_HZ_*",
    "CONFIG_I2C_CHARDEV",
    "CONFIG_IIO",
    "CONFIG_IKCONFIG_PROC",
    "CONFIG_INPUT_UINPUT",
    "CONFIG_IPV6",
    "CONFIG_KALLSYMS",
    "CONFIG_KASAN",
    "CONFIG_KEXEC",
    "CONFIG_KPROBES",
    "CONFIG_KVM",
    "CONFIG_LOCKDEP",
    "CONFIG_MEMCG",
    "CONFIG_MMC",
    "CONFIG_MODULES",
    "CONFIG_MTD",
    "CONFIG_NAMESPACES",
    "CONFIG_NET_NS",
    "CONFIG_NFS_FS",
    "CONFIG_NO_HZ*",
    "CONFIG_NUMA",
    "CONFIG_OVERLAY_FS",
    "CONFIG_PCI",
    "CONFIG_PERF_EVENTS",
    "CONFIG_PID_NS",
    "CONFIG_PREEMPT*",
    "CONFIG_PRINTK",
    "CONFIG_PTP_1588_CLOCK",
    "CONFIG_PWM",
    "CONFIG_RTC_CLASS",
    "CONFIG_SCHED_DEBUG",
    "CONFIG_SECCOMP*",
    "CONFIG_SECURITY*",
    "CONFIG_SMP",
    "CONFIG_SND",
    "CONFIG_SOUND",
    "CONFIG_SPI_SPIDEV",
    "CONFIG_SQUASHFS",
    "CONFIG_SUSPEND",
    "CONFIG_TMPFS",
    "CONFIG_TUN",
    "CONFIG_USB",
    "CONFIG_USB_CONFIGFS*",
    "CONFIG_USB_F_*",
    "CONFIG_USB_GADGET",
    "CONFIG_USB_STORAGE",
    "CONFIG_USER_NS",
    "CONFIG_VETH",
    "CONFIG_VFAT_FS",
    "CONFIG_WATCHDOG",
    "CONFIG_WIRELESS",
    "CONFIG_XFS_FS",
)
"""What is told where a lab says nothing: what Fuego's tests, LTP and the kernel's own selftests ask for."""


def told(options: Mapping[str, str], more: Iterable[str] = ()) -> dict[str, str]:
    """The facts `config.X` of these options: those that the lab names come first, should there be too many."""
    named, usual = list(more), list(USUAL)
    found: dict[str, str] = {}
    for patterns in (named, usual):
        for name in sorted(options):
            if len(found) < MAX_TOLD and any(fnmatchcase(name, pattern) for pattern in patterns):
                found.setdefault(f"config.{name}", options[name])
    return found
