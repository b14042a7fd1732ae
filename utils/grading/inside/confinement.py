"""What a process gives up before it runs a submission: namespaces, resources, files, system calls.

Linux only, with the standard library alone, by the system calls themselves. Called inside the
outer jail (`jail.py`), once for each submission, in a fresh fork.
"""

import ctypes
import os
import platform
import resource
import struct
from pathlib import Path

_libc = ctypes.CDLL(None, use_errno=True) if os.name == "posix" else None

CLONE_NEWNS, CLONE_NEWCGROUP, CLONE_NEWUTS = 0x00020000, 0x02000000, 0x04000000
CLONE_NEWIPC, CLONE_NEWUSER, CLONE_NEWPID, CLONE_NEWNET = (
    0x08000000,
    0x10000000,
    0x20000000,
    0x40000000,
)
OWN_NAMESPACES = (
    CLONE_NEWUSER | CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWNET | CLONE_NEWIPC | CLONE_NEWUTS
    | CLONE_NEWCGROUP
)  # fmt: skip
MS_NOSUID, MS_NODEV, MS_BIND, MS_REC = 2, 4, 4096, 16384
PR_SET_PDEATHSIG, PR_SET_DUMPABLE, PR_SET_SECCOMP = 1, 4, 22
PR_SET_CHILD_SUBREAPER, PR_SET_NO_NEW_PRIVS = 36, 38
LANDLOCK_CREATE_RULESET, LANDLOCK_ADD_RULE, LANDLOCK_RESTRICT_SELF = 444, 445, 446


def checked(result, what):
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{what}: {os.strerror(number)}")
    return result


def prctl(option, value=0):
    checked(_libc.prctl(option, ctypes.c_ulong(value), 0, 0, 0), f"prctl {option}")


def unshare():
    """Own users, processes, network, IPC, host name and mounts. The next fork is process 1."""
    user, group = os.getuid(), os.getgid()
    checked(_libc.unshare(OWN_NAMESPACES), "unshare")
    Path("/proc/self/setgroups").write_text("deny")
    Path("/proc/self/uid_map").write_text(f"{user} {user} 1")
    Path("/proc/self/gid_map").write_text(f"{group} {group} 1")


def mount_empty(folder, size, keep=()):
    """An empty file system in memory over `folder`, of `size` bytes and 4,096 files.

    What of the paths `keep` lies in the folder is there again afterwards.
    """
    kept = [path for path in dict.fromkeys(keep) if Path(path).is_relative_to(folder)]
    kept = [(path, os.open(path, os.O_PATH)) for path in kept]

    def mount(source, target, kind, flags, options):
        result = _libc.mount(source, str(target).encode(), kind, flags, options)
        checked(result, f"mount on {target}")

    options = f"size={size},nr_inodes=4096,mode=0700".encode()
    mount(b"tmpfs", folder, b"tmpfs", MS_NOSUID | MS_NODEV, options)
    for path, there in kept:
        os.makedirs(path, exist_ok=True)
        mount(f"/proc/self/fd/{there}".encode(), path, None, MS_BIND | MS_REC, None)
        os.close(there)


def limit_resources(*, memory, processes, file_size, cpu):
    """Bounds on what one process may take: bytes, number or None, bytes of one file, seconds."""
    for name, value in (
        (resource.RLIMIT_DATA, memory),
        (resource.RLIMIT_FSIZE, file_size),
        (resource.RLIMIT_CPU, cpu),
        (resource.RLIMIT_NOFILE, 256),
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_NPROC, processes),
    ):
        if value is None:
            continue
        hard = resource.getrlimit(name)[1]
        value = value if hard == resource.RLIM_INFINITY else min(value, hard)
        resource.setrlimit(name, (value, value))


# Landlock (Documentation/userspace-api/landlock.rst of the kernel). Rights on files by ABI version.
_READ = (1 << 0) | (1 << 2) | (1 << 3)  # execute, read file, read folder
_WRITE = sum(1 << bit for bit in (1, 4, 5, 7, 8, 9, 10, 12))  # write, remove, make; no devices
_REFER, _TRUNCATE, _IOCTL = 1 << 13, 1 << 14, 1 << 15


def landlock_version():
    """The kernel's Landlock ABI, 0 where it has none."""
    return max(_libc.syscall(LANDLOCK_CREATE_RULESET, None, 0, 1), 0) if _libc else 0


def restrict_files(readable, writable):
    """From now on only these paths can be read, and these written (Landlock).

    Signals to, tracing of and abstract sockets of processes outside end as well, where the
    kernel's Landlock knows them.
    """
    version = landlock_version()
    if not version:
        raise OSError("this kernel has no Landlock")
    rights = sum(1 << bit for bit in range(13))
    rights |= (_REFER if version >= 2 else 0) | (_TRUNCATE if version >= 3 else 0)
    rights |= _IOCTL if version >= 5 else 0
    net = 3 if version >= 4 else 0  # TCP: bind and connect, none allowed
    scoped = 3 if version >= 6 else 0  # abstract Unix sockets, signals
    attribute = struct.pack("QQQ", rights, net, scoped)[
        : 8 if version < 4 else 16 if version < 6 else 24
    ]
    ruleset = checked(
        _libc.syscall(LANDLOCK_CREATE_RULESET, attribute, len(attribute), 0), "Landlock"
    )
    write = (_READ | _WRITE | _REFER | _TRUNCATE) & rights
    on_file = (1 << 0) | (1 << 1) | (1 << 2) | _TRUNCATE | _IOCTL
    for paths, allowed in ((readable, _READ), (writable, write)):
        for path in paths:
            if not os.path.exists(path):
                continue
            there = os.open(path, os.O_PATH | os.O_CLOEXEC)
            here = allowed if os.path.isdir(path) else allowed & on_file & rights
            rule = struct.pack("=Qi", here, there)
            checked(_libc.syscall(LANDLOCK_ADD_RULE, ruleset, 1, rule, 0), f"Landlock, {path}")
            os.close(there)
    checked(_libc.syscall(LANDLOCK_RESTRICT_SELF, ruleset, 0), "Landlock")
    os.close(ruleset)


# System calls that no lab needs and attacks have used, by number on (x86-64, arm64).
_REFUSED = {
    "ptrace": (101, 117), "process_vm_readv": (310, 270), "process_vm_writev": (311, 271),
    "unshare": (272, 97), "setns": (308, 268), "mount": (165, 40), "umount2": (166, 39),
    "pivot_root": (155, 41), "chroot": (161, 51), "bpf": (321, 280), "keyctl": (250, 219),
    "add_key": (248, 217), "request_key": (249, 218), "perf_event_open": (298, 241),
    "userfaultfd": (323, 282), "io_uring_setup": (425, 425), "memfd_create": (319, 279),
    "memfd_secret": (447, 447), "open_by_handle_at": (304, 265), "init_module": (175, 105),
    "finit_module": (313, 273), "kexec_load": (246, 104), "fsopen": (430, 430),
    "fsmount": (432, 432), "open_tree": (428, 428), "move_mount": (429, 429),
    "fspick": (433, 433), "fsconfig": (431, 431), "mount_setattr": (442, 442),
    "pidfd_open": (434, 434), "pidfd_getfd": (438, 438), "kcmp": (312, 272), "syslog": (103, 116),
    "shmget": (29, 194), "msgget": (68, 186), "semget": (64, 190), "mq_open": (240, 180),
}  # fmt: skip
_CLONE, _CLONE3, _SOCKET = (56, 220), (435, 435), (41, 198)
_FAMILIES = (1, 2, 10)  # of sockets: Unix, IPv4, IPv6; AF_VSOCK would pass any network namespace
_ARCHITECTURES = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}
_ALLOW, _EPERM, _ENOSYS, _KILL = 0x7FFF0000, 0x00050001, 0x00050026, 0x80000000


def refuse_calls():
    """A seccomp filter: `_REFUSED`, new namespaces and odd sockets end in "not permitted"."""
    machine = platform.machine()
    if machine not in _ARCHITECTURES:
        raise OSError(f"no filter of system calls is written for {machine}")
    place = list(_ARCHITECTURES).index(machine)

    def line(code, value, yes=0, no=0):
        return struct.pack("HBBI", code, yes, no, value)

    load, equal, above, any_bit, answer = 0x20, 0x15, 0x35, 0x45, 0x06
    program = [
        line(load, 4), line(equal, _ARCHITECTURES[machine], 1, 0), line(answer, _KILL),
        line(load, 0),
        # The other set of numbers on x86-64 (x32) would go around the list.
        line(above, 0x40000000, 0, 1), line(answer, _ENOSYS),
        # clone3 hides its flags from filters; the C library falls back to clone.
        line(equal, _CLONE3[place], 0, 1), line(answer, _ENOSYS),
    ]  # fmt: skip
    for numbers in _REFUSED.values():
        program += [line(equal, numbers[place], 0, 1), line(answer, _EPERM)]
    # Arguments are looked at last, since loading one replaces the number of the call.
    few = [line(equal, family, len(_FAMILIES) - i) for i, family in enumerate(_FAMILIES)]
    program += [
        line(equal, _CLONE[place], 0, 3), line(load, 16),
        line(any_bit, OWN_NAMESPACES, 0, 1), line(answer, _EPERM),
        line(load, 0),
        line(equal, _SOCKET[place], 0, len(few) + 2), line(load, 16),
        *few, line(answer, _EPERM),
        line(answer, _ALLOW),
    ]  # fmt: skip
    code = b"".join(program)
    lines = ctypes.create_string_buffer(code, len(code))

    class Program(ctypes.Structure):
        _fields_ = [("length", ctypes.c_ushort), ("lines", ctypes.c_void_p)]

    whole = Program(len(program), ctypes.addressof(lines))
    prctl(PR_SET_NO_NEW_PRIVS, 1)
    checked(_libc.prctl(PR_SET_SECCOMP, 2, ctypes.byref(whole), 0, 0), "seccomp")


def drop_capabilities():
    """Give up what a new user namespace brought along."""
    header = struct.pack("Ii", 0x20080522, 0)
    checked(_libc.capset(header, bytes(24)), "capset")
