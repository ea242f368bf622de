/* SPDX-License-Identifier: ISC */
/*
 * hello SOCKET: libfcgi's own accept loop, as its manual shows it, saying hello to every request. The yardstick for requests a
 * second: what a FastCGI program in C does when it is written the usual way.
 */
#include <fcgiapp.h>
#include <sys/stat.h>

int main(int argc, char **argv)
{
    FCGX_Request request;
    int listen_fd;

    if (argc != 2 || FCGX_Init() != 0)
        return 2;
    listen_fd = FCGX_OpenSocket(argv[1], 1024);
    if (listen_fd < 0 || chmod(argv[1], 0666) < 0)
        return 1;
    FCGX_InitRequest(&request, listen_fd, 0);
    while (FCGX_Accept_r(&request) == 0) {
        FCGX_FPrintF(request.out, "Status: 200 OK\r\nContent-Type: application/json\r\nCache-Control: no-store\r\n"
                                  "Content-Length: 17\r\n\r\n{\"hello\":\"world\"}");
        FCGX_Finish_r(&request);
    }
    return 0;
}
