/*
 * A QEMU TCG plugin that counts guest instructions into a file that is mapped, so that a host program can read the
 * running count at any moment: `-plugin file=count.so,counts=FILE[,profile=FILE]`.
 * Every instruction executed counts one, firmware included; a repeated string instruction counts once a pass of QEMU.
 */
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

/*
 * The part of QEMU's plugin interface (version 4, QEMU 9.2 and later) that we use, declared here because Debian
 * packages no header: https://www.qemu.org/docs/master/devel/tcg-plugins.html
 */
struct qemu_plugin_tb;
struct qemu_plugin_insn;
typedef struct {
  struct qemu_plugin_scoreboard *score;
  size_t offset;
} qemu_plugin_u64;
enum { INLINE_ADD_U64 = 0 };
enum { CB_NO_REGS = 0 };
enum { COND_GE = 7 };
typedef void vcpu_callback(unsigned int vcpu, void *data);
typedef void vcpu_event(uint64_t id, unsigned int vcpu);
void qemu_plugin_register_vcpu_tb_trans_cb(uint64_t id, void (*)(uint64_t id, struct qemu_plugin_tb *));
void qemu_plugin_register_vcpu_tb_exec_cb(struct qemu_plugin_tb *, vcpu_callback *, int flags, void *data);
void qemu_plugin_register_vcpu_tb_exec_cond_cb(struct qemu_plugin_tb *, vcpu_callback *, int flags, int cond,
                                               qemu_plugin_u64, uint64_t limit, void *data);
void qemu_plugin_register_vcpu_insn_exec_inline_per_vcpu(struct qemu_plugin_insn *, int op, qemu_plugin_u64,
                                                         uint64_t value);
void qemu_plugin_register_vcpu_idle_cb(uint64_t id, vcpu_event *);
void qemu_plugin_register_atexit_cb(uint64_t id, void (*)(uint64_t id, void *), void *data);
size_t qemu_plugin_tb_n_insns(const struct qemu_plugin_tb *);
struct qemu_plugin_insn *qemu_plugin_tb_get_insn(const struct qemu_plugin_tb *, size_t index);
uint64_t qemu_plugin_tb_vaddr(const struct qemu_plugin_tb *);
struct qemu_plugin_scoreboard *qemu_plugin_scoreboard_new(size_t element);
uint64_t qemu_plugin_u64_get(qemu_plugin_u64, unsigned int vcpu);
void qemu_plugin_u64_set(qemu_plugin_u64, unsigned int vcpu, uint64_t value);

__attribute__((visibility("default"))) int qemu_plugin_version = 4;

/* What the mapped file holds; counts.ts reads it. */
static struct {
  uint64_t total;
  uint64_t kernel_entered;
  uint64_t first_user;
} *counts;

/* Each vCPU counts inline, and hands its count over when it has this many, idles or passes a mark. */
static qemu_plugin_u64 pending;
static const uint64_t hand_over_at = 1000;

static void hand_over(unsigned int vcpu) {
  __atomic_fetch_add(&counts->total, qemu_plugin_u64_get(pending, vcpu), __ATOMIC_RELAXED);
  qemu_plugin_u64_set(pending, vcpu, 0);
}

static void on_full(unsigned int vcpu, void *data) {
  (void)data;
  hand_over(vcpu);
}

static void on_idle(uint64_t id, unsigned int vcpu) {
  (void)id;
  hand_over(vcpu);
}

/*
 * x86_64 and aarch64 kernels live in the upper half. Low addresses are also used by the firmware, by the kernel's start
 * code (within its first million instructions) and, below 1 MiB, by that of further vCPUs.
 */
static bool is_kernel(uint64_t address) { return address >> 63; }
static bool is_user(uint64_t address) {
  return counts->kernel_entered && counts->total > 1000000 && !is_kernel(address) && address >= 1 << 20;
}

static void on_mark(unsigned int vcpu, void *mark) {
  if (*(uint64_t *)mark) return;
  hand_over(vcpu);
  *(uint64_t *)mark = counts->total;
}

/* The profile: how often each block ran before and after PID 1's first instruction. */
struct block {
  struct block *next;
  uint64_t address, instructions, runs[2];
};
static struct block *blocks;
static const char *profile_path;

static void on_block(unsigned int vcpu, void *data) {
  (void)vcpu;
  ((struct block *)data)->runs[counts->first_user != 0]++;
}

static void profile_block(struct qemu_plugin_tb *tb) {
  struct block *block = calloc(1, sizeof *block);
  if (!block) abort();
  block->address = qemu_plugin_tb_vaddr(tb);
  block->instructions = qemu_plugin_tb_n_insns(tb);
  block->next = blocks;
  blocks = block;
  qemu_plugin_register_vcpu_tb_exec_cb(tb, on_block, CB_NO_REGS, block);
}

static void write_profile(uint64_t id, void *data) {
  (void)id;
  (void)data;
  FILE *out = fopen(profile_path, "w");
  if (!out) return perror(profile_path);
  for (struct block *b = blocks; b; b = b->next)
    fprintf(out, "%lx %lu %lu\n", b->address, b->instructions * b->runs[0], b->instructions * b->runs[1]);
  fclose(out);
}

static void on_translation(uint64_t id, struct qemu_plugin_tb *tb) {
  (void)id;
  uint64_t address = qemu_plugin_tb_vaddr(tb);
  if (is_kernel(address) && !counts->kernel_entered)
    qemu_plugin_register_vcpu_tb_exec_cb(tb, on_mark, CB_NO_REGS, &counts->kernel_entered);
  if (is_user(address) && !counts->first_user)
    qemu_plugin_register_vcpu_tb_exec_cb(tb, on_mark, CB_NO_REGS, &counts->first_user);
  if (profile_path) profile_block(tb);
  for (size_t i = 0; i < qemu_plugin_tb_n_insns(tb); i++)
    qemu_plugin_register_vcpu_insn_exec_inline_per_vcpu(qemu_plugin_tb_get_insn(tb, i), INLINE_ADD_U64, pending, 1);
  qemu_plugin_register_vcpu_tb_exec_cond_cb(tb, on_full, CB_NO_REGS, COND_GE, pending, hand_over_at, NULL);
}

static void *map_counts(const char *path) {
  int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (fd < 0 || ftruncate(fd, sizeof *counts)) return MAP_FAILED;
  void *mapped = mmap(NULL, sizeof *counts, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  close(fd);
  return mapped;
}

static const char *value_of(const char *key, int argc, char **argv) {
  size_t length = strlen(key);
  for (int i = 0; i < argc; i++)
    if (!strncmp(argv[i], key, length) && argv[i][length] == '=') return strdup(argv[i] + length + 1);
  return NULL;
}

__attribute__((visibility("default"))) int qemu_plugin_install(uint64_t id, const void *info, int argc, char **argv) {
  (void)info;
  const char *path = value_of("counts", argc, argv);
  if (!path || (counts = map_counts(path)) == MAP_FAILED) {
    fprintf(stderr, "count.so: no usable counts=FILE\n");
    return -1;
  }
  pending = (qemu_plugin_u64){.score = qemu_plugin_scoreboard_new(sizeof(uint64_t)), .offset = 0};
  profile_path = value_of("profile", argc, argv);
  if (profile_path) qemu_plugin_register_atexit_cb(id, write_profile, NULL);
  qemu_plugin_register_vcpu_tb_trans_cb(id, on_translation);
  qemu_plugin_register_vcpu_idle_cb(id, on_idle);
  return 0;
}
