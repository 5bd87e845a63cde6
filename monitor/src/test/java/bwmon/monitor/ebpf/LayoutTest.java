package bwmon.monitor.ebpf;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import static org.junit.jupiter.api.Assertions.assertEquals;

/** Numbers, sizes and offsets, exactly as the C compiler sees them in linux/bpf.h, linux/btf.h and linux/capability.h. */
class LayoutTest {
    private static final String PROGRAM = """
            #include <stdio.h>
            #include <stddef.h>
            #include <linux/bpf.h>
            #include <linux/btf.h>
            #include <linux/capability.h>
            #define O(f) printf(#f " %zu\\n", offsetof(union bpf_attr, f))
            #define S(s) printf(#s " %zu\\n", sizeof(struct s))
            #define N(c) printf(#c " %d\\n", (int) (c))
            int main(void) {
                N(BPF_MAP_CREATE); N(BPF_MAP_LOOKUP_ELEM); N(BPF_MAP_UPDATE_ELEM); N(BPF_MAP_DELETE_ELEM);
                N(BPF_MAP_GET_NEXT_KEY); N(BPF_PROG_LOAD); N(BPF_RAW_TRACEPOINT_OPEN); N(BPF_BTF_LOAD);
                N(BPF_MAP_LOOKUP_BATCH); N(BPF_MAP_DELETE_BATCH); N(BPF_LINK_CREATE); N(BPF_ITER_CREATE);
                N(BPF_OBJ_NAME_LEN);
                O(map_type); O(key_size); O(value_size); O(max_entries); O(map_flags); O(inner_map_fd); O(map_name);
                O(btf_fd); O(btf_key_type_id); O(btf_value_type_id);
                O(map_fd); O(key); O(value); O(next_key); O(flags);
                O(batch.in_batch); O(batch.out_batch); O(batch.keys); O(batch.values); O(batch.count); O(batch.map_fd);
                N(sizeof(((union bpf_attr *) 0)->batch));
                O(prog_type); O(insn_cnt); O(insns); O(license); O(log_level); O(log_size); O(log_buf); O(prog_name);
                O(expected_attach_type); O(attach_btf_id); N(sizeof(struct bpf_insn));
                O(raw_tracepoint.prog_fd); N(sizeof(((union bpf_attr *) 0)->raw_tracepoint));
                O(link_create.prog_fd); O(link_create.target_fd); O(link_create.attach_type);
                O(link_create.target_btf_id);
                O(iter_create.link_fd); N(sizeof(((union bpf_attr *) 0)->iter_create));
                O(btf); O(btf_size); N(sizeof(union bpf_attr) >= 112);
                N(BPF_MAP_TYPE_HASH); N(BPF_MAP_TYPE_ARRAY); N(BPF_MAP_TYPE_PERCPU_HASH);
                N(BPF_MAP_TYPE_PERCPU_ARRAY); N(BPF_MAP_TYPE_LRU_HASH); N(BPF_MAP_TYPE_ARRAY_OF_MAPS);
                N(BPF_MAP_TYPE_SK_STORAGE);
                N(BPF_F_NO_PREALLOC); N(BPF_F_CLONE); N(BPF_F_MMAPABLE); N(BPF_ANY); N(BPF_NOEXIST); N(BPF_EXIST);
                N(BPF_PROG_TYPE_SOCKET_FILTER); N(BPF_PROG_TYPE_CGROUP_SKB); N(BPF_PROG_TYPE_CGROUP_SOCK);
                N(BPF_PROG_TYPE_RAW_TRACEPOINT); N(BPF_PROG_TYPE_TRACING);
                N(BPF_CGROUP_INET_INGRESS); N(BPF_CGROUP_INET_EGRESS); N(BPF_CGROUP_INET_SOCK_CREATE);
                N(BPF_TRACE_RAW_TP); N(BPF_TRACE_ITER); N(BPF_CGROUP_INET_SOCK_RELEASE);
                N(CAP_NET_ADMIN); N(CAP_SYS_ADMIN); N(CAP_PERFMON); N(CAP_BPF);
                N(BTF_MAGIC); N(BTF_VERSION); S(btf_header);
                N(sizeof(struct btf_type) / 4); N(sizeof(struct btf_member) / 4); N(sizeof(struct btf_array) / 4);
                N(sizeof(struct btf_enum) / 4); N(sizeof(struct btf_enum64) / 4); N(sizeof(struct btf_param) / 4);
                N(sizeof(struct btf_var_secinfo) / 4); N(sizeof(struct btf_var)); N(sizeof(struct btf_decl_tag));
                N(BTF_KIND_INT); N(BTF_KIND_PTR); N(BTF_KIND_ARRAY); N(BTF_KIND_STRUCT); N(BTF_KIND_UNION);
                N(BTF_KIND_ENUM); N(BTF_KIND_FWD); N(BTF_KIND_TYPEDEF); N(BTF_KIND_VOLATILE); N(BTF_KIND_CONST);
                N(BTF_KIND_RESTRICT); N(BTF_KIND_FUNC); N(BTF_KIND_FUNC_PROTO); N(BTF_KIND_VAR); N(BTF_KIND_DATASEC);
                N(BTF_KIND_FLOAT); N(BTF_KIND_DECL_TAG); N(BTF_KIND_TYPE_TAG); N(BTF_KIND_ENUM64);
                return 0;
            }
            """;

    @Test
    void numbersAreTheCompilers(@TempDir Path folder) throws IOException {
        Path source = Files.writeString(folder.resolve("layout.c"), PROGRAM);
        Path program = folder.resolve("layout");
        assertEquals("", Printed.byIfThere("cc", "-o", program.toString(), source.toString()),
                "headers older than Linux 6.0 lack BTF_KIND_ENUM64");
        assertEquals(bpf() + btf(), Printed.by(program.toString()));
    }

    private static String bpf() {
        return """
                BPF_MAP_CREATE %d
                BPF_MAP_LOOKUP_ELEM %d
                BPF_MAP_UPDATE_ELEM %d
                BPF_MAP_DELETE_ELEM %d
                BPF_MAP_GET_NEXT_KEY %d
                BPF_PROG_LOAD %d
                BPF_RAW_TRACEPOINT_OPEN %d
                BPF_BTF_LOAD %d
                BPF_MAP_LOOKUP_BATCH %d
                BPF_MAP_DELETE_BATCH %d
                BPF_LINK_CREATE %d
                BPF_ITER_CREATE %d
                BPF_OBJ_NAME_LEN %d
                map_type %d
                key_size %d
                value_size %d
                max_entries %d
                map_flags %d
                inner_map_fd %d
                map_name %d
                btf_fd %d
                btf_key_type_id %d
                btf_value_type_id %d
                map_fd %d
                key %d
                value %d
                next_key %d
                flags %d
                """.formatted(Bpf.MAP_CREATE, Bpf.MAP_LOOKUP_ELEM, Bpf.MAP_UPDATE_ELEM, Bpf.MAP_DELETE_ELEM,
                Bpf.MAP_GET_NEXT_KEY, Bpf.PROG_LOAD, Bpf.RAW_TRACEPOINT_OPEN, Bpf.BTF_LOAD, Bpf.MAP_LOOKUP_BATCH,
                Bpf.MAP_DELETE_BATCH, Bpf.LINK_CREATE, Bpf.ITER_CREATE, Bpf.NAME_BYTES, MapCreation.MAP_TYPE,
                MapCreation.KEY_SIZE, MapCreation.VALUE_SIZE, MapCreation.MAX_ENTRIES, MapCreation.MAP_FLAGS,
                MapCreation.INNER_MAP_FD,
                MapCreation.MAP_NAME, MapCreation.BTF_FD, MapCreation.BTF_KEY_TYPE_ID, MapCreation.BTF_VALUE_TYPE_ID,
                BpfMap.ELEM_MAP_FD,
                BpfMap.ELEM_KEY, BpfMap.ELEM_VALUE, BpfMap.ELEM_VALUE, BpfMap.ELEM_FLAGS)
                + """
                        batch.in_batch %d
                        batch.out_batch %d
                        batch.keys %d
                        batch.values %d
                        batch.count %d
                        batch.map_fd %d
                        sizeof(((union bpf_attr *) 0)->batch) %d
                        prog_type %d
                        insn_cnt %d
                        insns %d
                        license %d
                        log_level %d
                        log_size %d
                        log_buf %d
                        prog_name %d
                        expected_attach_type %d
                        attach_btf_id %d
                        sizeof(struct bpf_insn) %d
                        raw_tracepoint.prog_fd %d
                        sizeof(((union bpf_attr *) 0)->raw_tracepoint) %d
                        link_create.prog_fd %d
                        link_create.target_fd %d
                        link_create.attach_type %d
                        link_create.target_btf_id %d
                        iter_create.link_fd %d
                        sizeof(((union bpf_attr *) 0)->iter_create) %d
                        btf %d
                        btf_size %d
                        sizeof(union bpf_attr) >= %d 1
                        """.formatted(Batches.IN_BATCH, Batches.OUT_BATCH, Batches.KEYS,
                        Batches.VALUES, Batches.COUNT, Batches.MAP_FD, Batches.BATCH_BYTES,
                        BpfProgram.PROG_TYPE, BpfProgram.INSN_CNT, BpfProgram.INSNS, BpfProgram.LICENSE,
                        BpfProgram.LOG_LEVEL,
                        BpfProgram.LOG_SIZE, BpfProgram.LOG_BUF, BpfProgram.PROG_NAME, BpfProgram.EXPECTED_ATTACH_TYPE,
                        BpfProgram.ATTACH_BTF_ID, BpfProgram.INSTRUCTION_BYTES, BpfLink.RAW_TRACEPOINT_PROG_FD,
                        BpfLink.RAW_TRACEPOINT_BYTES, BpfLink.LINK_PROG_FD, BpfLink.LINK_TARGET_FD,
                        BpfLink.LINK_ATTACH_TYPE,
                        BpfLink.LINK_CREATE_BYTES, BpfLink.ITER_LINK_FD, BpfLink.ITER_CREATE_BYTES, ValueTypes.BTF,
                        ValueTypes.BTF_SIZE, BpfProgram.LOAD_BYTES);
    }

    private static String btf() {
        var text = new StringBuilder();
        for (BpfMap.Type type : BpfMap.Type.values()) {
            text.append("BPF_MAP_TYPE_").append(type).append(' ').append(type.number()).append('\n');
        }
        text.append("""
                BPF_F_NO_PREALLOC %d
                BPF_F_CLONE %d
                BPF_F_MMAPABLE %d
                BPF_ANY %d
                BPF_NOEXIST %d
                BPF_EXIST %d
                """.formatted(BpfMap.BPF_F_NO_PREALLOC, BpfMap.BPF_F_CLONE, BpfMap.BPF_F_MMAPABLE, BpfMap.BPF_ANY,
                BpfMap.BPF_NOEXIST, BpfMap.BPF_EXIST));
        for (ProgramType type : ProgramType.values()) {
            text.append("BPF_PROG_TYPE_").append(type).append(' ').append(type.number()).append('\n');
        }
        for (AttachType type : AttachType.values()) {
            text.append("BPF_").append(type).append(' ').append(type.number()).append('\n');
        }
        for (Capabilities.Capability capability : Capabilities.Capability.values()) {
            text.append(capability).append(' ').append(capability.number()).append('\n');
        }
        return text + """
                BTF_MAGIC %d
                BTF_VERSION %d
                btf_header %d
                sizeof(struct btf_type) / 4 %d
                sizeof(struct btf_member) / 4 %d
                sizeof(struct btf_array) / 4 %d
                sizeof(struct btf_enum) / 4 %d
                sizeof(struct btf_enum64) / 4 %d
                sizeof(struct btf_param) / 4 %d
                sizeof(struct btf_var_secinfo) / 4 %d
                sizeof(struct btf_var) 4
                sizeof(struct btf_decl_tag) 4
                BTF_KIND_INT %d
                BTF_KIND_PTR %d
                BTF_KIND_ARRAY %d
                BTF_KIND_STRUCT %d
                BTF_KIND_UNION %d
                BTF_KIND_ENUM %d
                BTF_KIND_FWD %d
                BTF_KIND_TYPEDEF %d
                BTF_KIND_VOLATILE %d
                BTF_KIND_CONST %d
                BTF_KIND_RESTRICT %d
                BTF_KIND_FUNC %d
                BTF_KIND_FUNC_PROTO %d
                BTF_KIND_VAR %d
                BTF_KIND_DATASEC %d
                BTF_KIND_FLOAT %d
                BTF_KIND_DECL_TAG %d
                BTF_KIND_TYPE_TAG %d
                BTF_KIND_ENUM64 %d
                """.formatted(BtfFormat.MAGIC, BtfFormat.VERSION, BtfFormat.HEADER_BYTES, BtfFormat.TYPE_WORDS,
                BtfFormat.MEMBER_WORDS,
                BtfFormat.ARRAY_WORDS, BtfFormat.ENUM_WORDS, BtfFormat.ENUM64_WORDS, BtfFormat.PARAM_WORDS,
                BtfFormat.SECINFO_WORDS, BtfFormat.INT,
                BtfFormat.PTR, BtfFormat.ARRAY, BtfFormat.STRUCT, BtfFormat.UNION, BtfFormat.ENUM, BtfFormat.FWD,
                BtfFormat.TYPEDEF, BtfFormat.VOLATILE, BtfFormat.CONST,
                BtfFormat.RESTRICT, BtfFormat.FUNC, BtfFormat.FUNC_PROTO, BtfFormat.VAR, BtfFormat.DATASEC,
                BtfFormat.FLOAT, BtfFormat.DECL_TAG, BtfFormat.TYPE_TAG,
                BtfFormat.ENUM64);
    }
}
