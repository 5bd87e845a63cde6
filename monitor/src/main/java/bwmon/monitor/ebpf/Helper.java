package bwmon.monitor.ebpf;

/** Functions of the kernel that programs call: enum bpf_func_id, linux/bpf.h, by their names there without BPF_FUNC_. */
public enum Helper {
    MAP_LOOKUP_ELEM(1), MAP_UPDATE_ELEM(2), SK_FULLSOCK(95), SK_STORAGE_GET(107), PROBE_READ_USER(
            112), PROBE_READ_KERNEL(113), PROBE_READ_KERNEL_STR(
                    115), GET_NETNS_COOKIE(122), SKC_TO_TCP_SOCK(137), GET_CURRENT_TASK_BTF(158), SOCK_FROM_FILE(162);

    private final int number;

    Helper(int number) {
        this.number = number;
    }

    int number() {
        return number;
    }
}
