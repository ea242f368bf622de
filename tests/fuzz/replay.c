/* SPDX-License-Identifier: ISC */
/*
 * replay PATH... - feeds each file, and each file of each directory, to the fuzz target it is linked with, once: what
 * fuzzing found stays found, without a fuzzer. Speaks TAP.
 */
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Returns 1, or 0 if the file cannot be read. */
static int replay_file(const char *path, size_t size)
{
    uint8_t *data = malloc(size ? size : 1);
    FILE *file = fopen(path, "rb");
    int whole = file && data && fread(data, 1, size, file) == size;

    if (whole)
        LLVMFuzzerTestOneInput(data, size);
    if (file)
        fclose(file);
    free(data);
    return whole;
}

static int replay(const char *path);

/* Returns how many files were replayed. */
static int replay_directory(const char *path)
{
    DIR *dir = opendir(path);
    struct dirent *entry;
    int count = 0;

    while (dir && (entry = readdir(dir))) {
        char inner[4096];

        if (entry->d_name[0] == '.')
            continue;
        snprintf(inner, sizeof inner, "%s/%s", path, entry->d_name);
        count += replay(inner);
    }
    if (dir)
        closedir(dir);
    return count;
}

static int replay(const char *path)
{
    struct stat about;

    if (stat(path, &about) != 0)
        return 0;
    return S_ISDIR(about.st_mode) ? replay_directory(path) : replay_file(path, (size_t)about.st_size);
}

int main(int argc, char **argv)
{
    int failed = 0;

    printf("1..%d\n", argc - 1);
    for (int i = 1; i < argc; i++) {
        int count = replay(argv[i]);

        printf("%sok %d - %d inputs of %s\n", count ? "" : "not ", i, count, argv[i]);
        failed |= count == 0;
    }
    return failed;
}
