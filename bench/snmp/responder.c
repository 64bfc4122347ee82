/* A fast SNMP agent for the bench: hundreds of switches on 127.0.x.y from one socket, v2c and v3.
 *
 * Each address is a switch of 54 ports: the whole of ifTable and ifXTable (RFC 2863) and eight
 * scalars, 2,222 instances. Octet and packet counters grow with sysUpTime, so that no two polls
 * are alike. v3 is user "bench", SHA-1 and AES-128 (RFC 3414, RFC 3826), engineID per address.
 *
 *   responder PORT [delay-ms=0] [loss-permille=0]      says "ready" on its output
 *
 * gcc -O2 -o responder responder.c -l:libcrypto.so.3    (no headers of OpenSSL are needed)
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

enum { ROWS = 54, TABLE_COLUMNS = 22, X_COLUMNS = 19, SCALARS = 8, MOST = 1472, ROOM = 2048 };
enum { COUNT = ROWS * (TABLE_COLUMNS + X_COLUMNS) + SCALARS, QUEUE = 1 << 14 };
enum { INT = 2, OCTETS = 4, NUL = 5, OID = 6, SEQ = 0x30, C32 = 0x41, GAUGE = 0x42, TICKS = 0x43, C64 = 0x46 };
enum { GET = 0xa0, NEXT = 0xa1, RESPONSE = 0xa2, BULK = 0xa5, REPORT = 0xa8 };

/* libcrypto, by hand */
typedef struct { uint32_t words[60]; int rounds; } AesKey;
extern unsigned char *SHA1(const unsigned char *, size_t, unsigned char *);
extern const void *EVP_sha1(void);
extern unsigned char *HMAC(const void *, const void *, int, const unsigned char *, size_t, unsigned char *, unsigned int *);
extern int AES_set_encrypt_key(const unsigned char *, int, AesKey *);
extern void AES_cfb128_encrypt(const unsigned char *, unsigned char *, size_t, const AesKey *, unsigned char *, int *, int);

typedef struct { uint8_t oid[12], size, table, column, row; } Instance; /* table 0: scalars */
typedef struct { const uint8_t *at, *end; } Span;
typedef struct { uint8_t auth[20]; AesKey privacy; int known; } Keys;
typedef struct { uint8_t octets[ROOM]; size_t size; struct sockaddr_in to; struct in_addr from; double at; } Reply;

static Instance instances[COUNT];
static Keys keys[1 << 16];
static Reply *queue;
static unsigned head, tail;
static uint8_t auth_ku[20], privacy_ku[20];
static double began;
static uint64_t salt = 1;

static double now_s(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec + t.tv_nsec / 1e9;
}

static uint64_t uptime(void) { return 8640000 + (uint64_t)((now_s() - began) * 100); }

/* ---- writing ---- */

static uint8_t *put(uint8_t *out, int tag, const void *content, size_t size) {
    *out++ = tag;
    *out++ = size; /* everything written here is shorter than 128 octets */
    memcpy(out, content, size);
    return out + size;
}

static uint8_t *put_number(uint8_t *out, int tag, uint64_t value) {
    uint8_t octets[9];
    int size = 0;
    do octets[8 - size++] = value, value >>= 8;
    while (value || (octets[9 - size] & 0x80 && size < 9));
    return put(out, tag, octets + 9 - size, size);
}

static uint8_t *put_text(uint8_t *out, const char *form, int a, int b) {
    char text[100];
    return put(out, OCTETS, text, snprintf(text, sizeof text, form, a, b));
}

static uint8_t *put_wide(uint8_t *out, int tag, const uint8_t *content, size_t size) {
    *out++ = tag, *out++ = 0x82, *out++ = size >> 8, *out++ = size;
    memmove(out, content, size);
    return out + size;
}

/* ---- what a switch holds; bench/snmp/switch.py says the same ---- */

/* The last port has more octets than a sample carries exactly. */
static uint64_t octets_of(int row, int device, int out) {
    return (row == ROWS ? 1ull << 60 : 1ull << 41) + device * 1000003ull + row * 1000000007ull * (1 + out) + uptime() * row * 10;
}

static uint64_t packets_of(int row, int kind) { return (1ull << 33) + row * 1009 + kind + uptime() * row; }

static uint8_t *put_scalar(uint8_t *out, int column, int device) {
    static const uint8_t object[] = {0x2b, 6, 1, 4, 1, 0x83, 0x86, 0x1f}; /* 1.3.6.1.4.1.49951 */
    switch (column) {
    case 1: return put_text(out, "Bench switch %d of %d ports", device, ROWS);
    case 2: return put(out, OID, object, sizeof object);
    case 3: return put_number(out, TICKS, uptime());
    case 5: return put_text(out, "sw-%d-%d", device >> 8, device & 255);
    case 7: return put_number(out, INT, 2);
    case 9: return put_number(out, INT, ROWS); /* ifNumber */
    default: return put_text(out, "not told", 0, 0);
    }
}

static uint8_t *put_if(uint8_t *out, int column, int row, int device) {
    const uint8_t mac[] = {2, 0, device >> 8, device, 0, row}, zero = 0;
    switch (column) {
    case 1: return put_number(out, INT, row);
    case 2: return put_text(out, "GigabitEthernet1/0/%d", row, 0);
    case 3: return put_number(out, INT, 6);
    case 4: return put_number(out, INT, 1500);
    case 5: return put_number(out, GAUGE, 1000000000);
    case 6: return put(out, OCTETS, mac, 6);
    case 7: return put_number(out, INT, 1);
    case 8: return put_number(out, INT, row % 3 ? 1 : 2);
    case 9: return put_number(out, TICKS, 1000 * row);
    case 10: case 16: return put_number(out, C32, (uint32_t)octets_of(row, device, column == 16));
    case 13: return put_number(out, C32, row);
    case 14: return put_number(out, C32, 2 * row);
    case 19: return put_number(out, C32, 3 * row);
    case 20: return put_number(out, C32, 4 * row);
    case 15: return put_number(out, C32, 0);
    case 21: return put_number(out, GAUGE, 0);
    case 22: return put(out, OID, &zero, 1);
    default: return put_number(out, C32, (uint32_t)packets_of(row, column));
    }
}

static uint8_t *put_ifx(uint8_t *out, int column, int row, int device) {
    switch (column) {
    case 1: return put_text(out, "Gi1/0/%d", row, 0);
    case 6: case 10: return put_number(out, C64, octets_of(row, device, column == 10));
    case 14: case 17: return put_number(out, INT, 1);
    case 15: return put_number(out, GAUGE, 1000);
    case 16: return put_number(out, INT, 2);
    case 18: return put_text(out, "Phòng %d", row, 0);
    case 19: return put_number(out, TICKS, 0);
    default: return put_number(out, column < 6 ? C32 : C64, column < 6 ? (uint32_t)packets_of(row, column) : packets_of(row, column));
    }
}

static uint8_t *put_pair(uint8_t *out, const uint8_t *oid, size_t oid_size, const Instance *found, int device, int absent) {
    uint8_t *start = out;
    out = put(out + 2, OID, oid, oid_size);
    if (!found) *out++ = absent, *out++ = 0;
    else if (found->table == 0) out = put_scalar(out, found->column, device);
    else if (found->table == 1) out = put_if(out, found->column, found->row, device);
    else out = put_ifx(out, found->column, found->row, device);
    start[0] = SEQ, start[1] = out - start - 2;
    return out;
}

static void add(int table, int column, int row, const uint8_t *oid, size_t size) {
    static int n;
    Instance *one = &instances[n++];
    memcpy(one->oid, oid, size);
    one->size = size, one->table = table, one->column = column, one->row = row;
}

static void fill(void) { /* in the order of SNMP; every arc is below 128, so octets sort as arcs do */
    for (int n = 1; n <= 7; n++) add(0, n, 0, (uint8_t[]){0x2b, 6, 1, 2, 1, 1, n, 0}, 8);
    add(0, 9, 0, (uint8_t[]){0x2b, 6, 1, 2, 1, 2, 1, 0}, 8);
    for (int c = 1; c <= TABLE_COLUMNS; c++)
        for (int r = 1; r <= ROWS; r++) add(1, c, r, (uint8_t[]){0x2b, 6, 1, 2, 1, 2, 2, 1, c, r}, 10);
    for (int c = 1; c <= X_COLUMNS; c++)
        for (int r = 1; r <= ROWS; r++) add(2, c, r, (uint8_t[]){0x2b, 6, 1, 2, 1, 31, 1, 1, 1, c, r}, 11);
}

static int order(const uint8_t *a, size_t a_size, const uint8_t *b, size_t b_size) {
    int by = memcmp(a, b, a_size < b_size ? a_size : b_size);
    return by ? by : (int)a_size - (int)b_size;
}

static int place(const uint8_t *oid, size_t size, int behind) { /* first instance at or behind an OID */
    int low = 0, high = COUNT;
    while (low < high) {
        int middle = (low + high) / 2, by = order(instances[middle].oid, instances[middle].size, oid, size);
        if (by < 0 || (behind && by == 0)) low = middle + 1;
        else high = middle;
    }
    return low;
}

/* ---- reading ---- */

static int take(Span *from, int tag, Span *content) { /* tag 0 takes any; 0 when it does not stand there */
    if (from->end - from->at < 2 || (tag && from->at[0] != tag)) return 0;
    size_t size = from->at[1], more = 0;
    if (size & 0x80) {
        more = size & 0x7f, size = 0;
        if (more < 1 || more > 3 || from->end - from->at < (long)(2 + more)) return 0;
        for (size_t n = 0; n < more; n++) size = size << 8 | from->at[2 + n];
    }
    content->at = from->at + 2 + more;
    if ((size_t)(from->end - content->at) < size) return 0;
    content->end = from->at = content->at + size;
    return 1;
}

static int take_number(Span *from, long *value) {
    Span content;
    if (!take(from, INT, &content) || content.at == content.end) return 0;
    *value = (int8_t)*content.at;
    while (++content.at < content.end) *value = *value << 8 | *content.at;
    return 1;
}

/* The response PDU to the request PDU, at most `most` octets; 0 for what is no request. */
static size_t answer(Span pdu, int device, size_t most, uint8_t *out) {
    Span body, list, pair, cursors[64];
    long id, heads, repetitions;
    int kind = *pdu.at, asked = 0;
    if (!take(&pdu, 0, &body) || !take_number(&body, &id) || !take_number(&body, &heads) || !take_number(&body, &repetitions) || !take(&body, SEQ, &list)) return 0;
    while (asked < 64 && take(&list, SEQ, &pair) && take(&pair, OID, &cursors[asked])) asked++;
    if (kind != GET && kind != NEXT && kind != BULK) return 0;
    if (kind != BULK) heads = asked, repetitions = 0;
    uint8_t pairs[ROOM], *at = pairs, one[256];
    for (long turn = 0, first = 0; turn <= repetitions; turn++, first = heads) {
        for (long n = first; n < (turn ? asked : heads < asked ? heads : asked); n++) {
            const uint8_t *oid = cursors[n].at;
            size_t size = cursors[n].end - oid;
            int found = place(oid, size, kind != GET);
            const Instance *instance = found < COUNT ? &instances[found] : NULL;
            if (kind == GET && instance && order(instance->oid, instance->size, oid, size)) instance = NULL;
            if (instance) oid = instance->oid, size = instance->size;
            size_t length = put_pair(one, oid, size, instance, device, kind == GET ? 0x81 : 0x82) - one;
            if (at - pairs + length + 24 > most) goto full;
            memcpy(at, one, length), at += length;
            cursors[n] = (Span){oid, oid + size};
        }
    }
full:;
    uint8_t whole[ROOM], *start = put(whole, INT, (uint8_t[]){id >> 24, id >> 16, id >> 8, id}, 4);
    start = put_number(put_number(start, INT, 0), INT, 0);
    start = put_wide(start, SEQ, pairs, at - pairs);
    return put_wide(out, RESPONSE, whole, start - whole) - out;
}

/* ---- v3 ---- */

static void stretch(const char *password, uint8_t *key) { /* RFC 3414, A.2.2 */
    static uint8_t text[1 << 20];
    for (size_t n = 0, size = strlen(password); n < sizeof text; n++) text[n] = password[n % size];
    SHA1(text, sizeof text, key);
}

static Keys *keys_of(int device, const uint8_t *engine, size_t size) {
    Keys *found = &keys[device & 0xffff];
    if (!found->known) {
        found->known = 1;
        uint8_t joined[64], key[20];
        memcpy(joined, auth_ku, 20), memcpy(joined + 20, engine, size), memcpy(joined + 20 + size, auth_ku, 20);
        SHA1(joined, 40 + size, found->auth);
        memcpy(joined, privacy_ku, 20), memcpy(joined + 20 + size, privacy_ku, 20);
        SHA1(joined, 40 + size, key);
        AES_set_encrypt_key(key, 128, &found->privacy);
    }
    return found;
}

static void crypt(const Keys *with, uint32_t boots, uint32_t seconds, const uint8_t *salted, const uint8_t *in, uint8_t *out, size_t size, int encrypt) {
    uint32_t part[2] = {htonl(boots), htonl(seconds)};
    uint8_t iv[16];
    int used = 0;
    memcpy(iv, part, 8), memcpy(iv + 8, salted, 8);
    AES_cfb128_encrypt(in, out, size, &with->privacy, iv, &used, encrypt);
}

/* One v3 message around a PDU; `level` is msgFlags without reportable. */
static size_t seal(long id, int level, const uint8_t *engine, const Keys *with, const Span *user, const uint8_t *pdu, size_t pdu_size, uint8_t *out) {
    static uint8_t scoped[ROOM], inside[ROOM], usm[128], header[64], whole[ROOM];
    uint32_t seconds = uptime() / 100;
    uint8_t salted[8], digest[20], *at = put(put(inside, OCTETS, engine, 9), OCTETS, "", 0);
    memcpy(at, pdu, pdu_size), at += pdu_size;
    size_t size = put_wide(scoped, SEQ, inside, at - inside) - scoped;
    if (level & 2) {
        uint64_t mine = salt++;
        memcpy(salted, &mine, 8);
        crypt(with, 1, seconds, salted, scoped, inside, size, 1);
        size = put_wide(scoped, OCTETS, inside, size) - scoped;
    }
    at = put_number(put_number(put(usm, OCTETS, engine, 9), INT, 1), INT, seconds);
    at = put(at, OCTETS, user->at, user->end - user->at);
    at = put(at, OCTETS, "\0\0\0\0\0\0\0\0\0\0\0", level & 1 ? 12 : 0);
    uint8_t *blank = at - 12;
    at = put(at, OCTETS, salted, level & 2 ? 8 : 0);
    size_t usm_size = at - usm, blank_at = blank - usm;
    at = put(header, INT, (uint8_t[]){id >> 24, id >> 16, id >> 8, id}, 4);
    at = put_number(put(put_number(at, INT, MOST), OCTETS, (uint8_t[]){level}, 1), INT, 3);
    size_t header_size = at - header;
    at = put(put_number(whole, INT, 3), SEQ, header, header_size);
    *at++ = OCTETS, *at++ = usm_size + 2;
    at = put(at, SEQ, usm, usm_size);
    size_t digest_at = at - whole - usm_size + blank_at + 4; /* behind the outer header of 4 octets */
    memcpy(at, scoped, size), at += size;
    size = put_wide(out, SEQ, whole, at - whole) - out;
    if (level & 1) memcpy(out + digest_at, HMAC(EVP_sha1(), with->auth, 20, out, size, digest, NULL), 12);
    return size;
}

static size_t report(long id, int which, int level, const uint8_t *engine, const Keys *with, const Span *user, uint8_t *out) {
    uint8_t pdu[80], inner[32], pair[40], body[64], *at;
    const uint8_t oid[] = {0x2b, 6, 1, 6, 3, 15, 1, 1, which, 0}; /* usmStats, RFC 3414, 5 */
    at = put_number(put(inner, OID, oid, sizeof oid), C32, 1);
    size_t pair_size = put(pair, SEQ, inner, at - inner) - pair;
    at = put_number(put_number(put_number(body, INT, 0), INT, 0), INT, 0);
    at = put(at, SEQ, pair, pair_size);
    size_t size = put(pdu, REPORT, body, at - body) - pdu;
    return seal(id, level, engine, with, user, pdu, size, out);
}

static size_t answer_v3(Span message, const uint8_t *data, size_t data_size, struct in_addr asked, uint8_t *out) {
    Span header, flags, usm_text, usm, engine, user, digest, salted, scoped, content;
    long id, most, model, boots, seconds;
    uint32_t address = ntohl(asked.s_addr);
    uint8_t own[9] = {0x80, 0, 0x1f, 0x88, 1, address >> 24, address >> 16, address >> 8, address};
    if (!take(&message, SEQ, &header) || !take_number(&header, &id) || !take_number(&header, &most) || !take(&header, OCTETS, &flags) || !take_number(&header, &model)) return 0;
    if (!take(&message, OCTETS, &usm_text) || !take(&usm_text, SEQ, &usm) || !take(&usm, OCTETS, &engine) || !take_number(&usm, &boots) || !take_number(&usm, &seconds) || !take(&usm, OCTETS, &user) || !take(&usm, OCTETS, &digest) || !take(&usm, OCTETS, &salted)) return 0;
    const Keys *with = keys_of(address & 0xffff, own, 9);
    int device = address & 0xffff, level = flags.at < flags.end ? *flags.at & 3 : 0;
    if (engine.end - engine.at != 9 || memcmp(engine.at, own, 9)) return report(id, 4, 0, own, with, &user, out);
    if (user.end - user.at != 5 || memcmp(user.at, "bench", 5)) return report(id, 3, 0, own, with, &user, out);
    if (level != 3) return report(id, 1, 0, own, with, &user, out);
    uint8_t copy[ROOM], mac[20], plain[ROOM];
    memcpy(copy, data, data_size);
    if (digest.end - digest.at != 12 || salted.end - salted.at != 8) return 0;
    memset(copy + (digest.at - data), 0, 12);
    HMAC(EVP_sha1(), with->auth, 20, copy, data_size, mac, NULL);
    if (memcmp(mac, digest.at, 12)) return report(id, 5, 0, own, with, &user, out);
    if (boots != 1 || labs(seconds - (long)(uptime() / 100)) > 150) return report(id, 2, 1, own, with, &user, out);
    if (!take(&message, OCTETS, &scoped)) return 0;
    size_t size = scoped.end - scoped.at;
    crypt(with, boots, seconds, salted.at, scoped.at, plain, size, 0);
    scoped = (Span){plain, plain + size};
    if (!take(&scoped, SEQ, &content)) return report(id, 6, 0, own, with, &user, out);
    if (!take(&content, OCTETS, &engine) || !take(&content, OCTETS, &engine) || content.at == content.end) return 0;
    uint8_t pdu[ROOM];
    size = answer(content, device, (most < MOST ? most : MOST) - 110, pdu);
    return size ? seal(id, 3, own, with, &user, pdu, size, out) : 0;
}

static size_t answer_any(const uint8_t *data, size_t size, struct in_addr asked, uint8_t *out) {
    Span whole = {data, data + size}, message, community;
    long version;
    int device = ntohl(asked.s_addr) & 0xffff;
    if (!take(&whole, SEQ, &message) || !take_number(&message, &version)) return 0;
    if (version == 3) return answer_v3(message, data, size, asked, out);
    if (version != 1 || !take(&message, OCTETS, &community) || message.at == message.end) return 0;
    if (community.end - community.at != 6 || memcmp(community.at, "public", 6)) return 0;
    uint8_t inside[ROOM], pdu[ROOM], *at = put(put_number(inside, INT, 1), OCTETS, "public", 6);
    size_t pdu_size = answer(message, device, MOST - 16, pdu);
    memcpy(at, pdu, pdu_size);
    return pdu_size ? (size_t)(put_wide(out, SEQ, inside, at + pdu_size - inside) - out) : 0;
}

/* ---- the socket ---- */

static void send_reply(int at, const Reply *reply) {
    union { char room[CMSG_SPACE(sizeof(struct in_pktinfo))]; struct cmsghdr align; } control = {0};
    struct iovec part = {(void *)reply->octets, reply->size};
    struct msghdr message = {(void *)&reply->to, sizeof reply->to, &part, 1, control.room, sizeof control.room, 0};
    struct cmsghdr *head_of = CMSG_FIRSTHDR(&message);
    head_of->cmsg_level = IPPROTO_IP, head_of->cmsg_type = IP_PKTINFO, head_of->cmsg_len = CMSG_LEN(sizeof(struct in_pktinfo));
    ((struct in_pktinfo *)CMSG_DATA(head_of))->ipi_spec_dst = reply->from;
    sendmsg(at, &message, 0);
}

static int receive(int at, double delay_s, int loss) { /* 0 when nothing waits */
    static uint8_t data[ROOM];
    union { char room[256]; struct cmsghdr align; } control;
    Reply *reply = &queue[tail % QUEUE];
    struct iovec part = {data, sizeof data};
    struct msghdr message = {&reply->to, sizeof reply->to, &part, 1, control.room, sizeof control.room, 0};
    ssize_t size = recvmsg(at, &message, MSG_DONTWAIT);
    if (size < 0) return errno != EAGAIN;
    struct cmsghdr *info = CMSG_FIRSTHDR(&message);
    if (!info || info->cmsg_type != IP_PKTINFO || rand() % 1000 < loss || tail - head >= QUEUE - 1) return 1;
    reply->from = ((struct in_pktinfo *)CMSG_DATA(info))->ipi_addr;
    if (ntohl(reply->from.s_addr) >> 24 != 127) return 1; /* nobody but this machine */
    reply->size = answer_any(data, size, reply->from, reply->octets);
    reply->at = delay_s > 0 ? now_s() + delay_s : 0;
    if (reply->size && delay_s > 0) tail++;
    else if (reply->size) send_reply(at, reply);
    return 1;
}

int main(int count, char **words) {
    double delay_s = count > 2 ? atof(words[2]) / 1000 : 0;
    int loss = count > 3 ? atoi(words[3]) : 0, yes = 1, room = 1 << 24, at = socket(AF_INET, SOCK_DGRAM, 0);
    struct sockaddr_in own = {AF_INET, htons(count > 1 ? atoi(words[1]) : 0), {0}, {0}};
    began = now_s();
    setsockopt(at, IPPROTO_IP, IP_PKTINFO, &yes, sizeof yes);
    setsockopt(at, SOL_SOCKET, SO_RCVBUFFORCE, &room, sizeof room);
    own.sin_addr.s_addr = htonl(INADDR_ANY);
    if (bind(at, (struct sockaddr *)&own, sizeof own)) return perror("bind"), 1;
    queue = calloc(QUEUE, sizeof *queue);
    fill();
    stretch("bench-auth-key", auth_ku), stretch("bench-priv-key", privacy_ku);
    socklen_t size = sizeof own;
    getsockname(at, (struct sockaddr *)&own, &size);
    printf("ready %d\n", ntohs(own.sin_port)), fflush(stdout);
    for (;;) {
        struct timespec wait = {1, 0};
        if (head != tail) {
            double left = queue[head % QUEUE].at - now_s();
            wait = (struct timespec){0, left > 0 ? (long)(left * 1e9) : 0};
        }
        struct pollfd one = {at, POLLIN, 0};
        ppoll(&one, 1, &wait, NULL);
        for (int n = 0; n < 64 && receive(at, delay_s, loss); n++) {}
        while (head != tail && queue[head % QUEUE].at <= now_s()) send_reply(at, &queue[head++ % QUEUE]);
    }
}
