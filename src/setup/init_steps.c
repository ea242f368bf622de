/* SPDX-License-Identifier: ISC */
/* See init_steps.h. */
#include "setup/init_steps.h"

#include "base/conf.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

extern const char text_apache[];
extern const char text_caddyfile[];
extern const char text_lighttpd[];
extern const char text_nginx[];

struct server {
    const char *name;
    const char *directory; /* of its configuration; if that exists, the server is installed */
    const char *user;      /* that it runs as on Debian */
    const char *service;
    const char *text;
    const char *where; /* to put the lines */
};

static const struct server servers[] = {
    {"Apache", "/etc/apache2", "www-data", "apache2", text_apache,
     "Run a2enmod proxy_fcgi, then add this to the <VirtualHost> of your site:"},
    {"nginx", "/etc/nginx", "www-data", "nginx", text_nginx,
     "Put the upstream above the server block of your site, and the rest into that block:"},
    {"lighttpd", "/etc/lighttpd", "www-data", "lighttpd", text_lighttpd,
     "Save this as /etc/lighttpd/conf-available/50-rollcall.conf, then run lighty-enable-mod rollcall:"},
    {"Caddy", "/etc/caddy", "caddy", "caddy", text_caddyfile, "Add this to the block of your site:"},
};
enum { SERVERS = sizeof servers / sizeof *servers };

static bool is_installed(const struct server *server)
{
    return access(server->directory, F_OK) == 0;
}

/* ---- the lines of a web server ---- */

/* A path as conf/ has it, and what it is here; NULL if it is the same. */
struct replacement {
    const char *from, *to;
};

static void print_line(const char *line, size_t len, const struct replacement *paths, size_t count)
{
    fputs("     ", stdout);
    while (len > 0) {
        size_t i = 0;
        while (i < count && (!paths[i].to || strncmp(line, paths[i].from, strlen(paths[i].from)) != 0))
            i++;
        size_t step = i < count ? strlen(paths[i].from) : 1;
        if (i < count)
            fputs(paths[i].to, stdout);
        else
            putchar(*line);
        line += step;
        len -= step;
    }
    putchar('\n');
}

/* Whether LINE is a comment, or only names the site of the example: the reader's own site has such a line already. */
static bool is_left_out(const char *line, size_t len)
{
    static const char *const names[] = {"#", "listen ", "server_name ", "ServerName "};
    while (len > 0 && isspace((unsigned char)*line)) {
        line++;
        len--;
    }
    bool out = len == 0;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        out = out || (len >= strlen(names[i]) && strncmp(line, names[i], strlen(names[i])) == 0);
    return out;
}

/* Prints TEXT without its part for a host of its own. */
static void print_text(const char *text, const struct init_places *places, const struct conf *conf)
{
    static const char part[] = "# ---- ";
    static const char host[] = "# ---- a host of its own";
    const struct replacement paths[] = {
        {"/usr/share/rollcall/www", places->www},
        {"/run/rollcall/rollcall.sock", *conf->listen == '/' ? conf->listen : NULL},
    };
    bool other = false;
    for (const char *line = text; *line != '\0';) {
        size_t len = strcspn(line, "\n");
        if (strncmp(line, part, strlen(part)) == 0)
            other = strncmp(line, host, strlen(host)) == 0;
        if (!other && !is_left_out(line, len))
            print_line(line, len, paths, sizeof paths / sizeof *paths);
        line += len + (line[len] != '\0');
    }
}

/* ---- the steps ---- */

static bool has_systemd(void)
{
    return access("/run/systemd/system", F_OK) == 0;
}

static void print_start(const struct init_places *places, const char *user)
{
    puts("\n"
         "Next:\n"
         "\n"
         "1. Start Redis and Rollcall:\n");
    if (!places->usual)
        printf("     rollcalld -c %s\n", places->file);
    else if (has_systemd())
        puts("     systemctl enable --now redis-server rollcalld");
    else
        printf("     service redis-server start\n"
               "     runuser -u %s -- rollcalld --syslog &\n",
               user);
}

/* A socket in the usual place is open to the daemon's group. */
static void print_server(const struct server *server, const struct init_places *places, const struct conf *conf,
                         const char *user)
{
    printf("\n   %s. %s\n\n", server->name, server->where);
    print_text(server->text, places, conf);
    puts("\n   Then add its user to the socket's group, and restart it:\n");
    if (places->usual)
        printf("     adduser %s %s\n", server->user, user);
    if (has_systemd())
        printf("     systemctl restart %s\n", server->service);
    else
        printf("     service %s restart\n", server->service);
}

static void print_servers(const struct init_places *places, const struct conf *conf, const char *user)
{
    size_t found = 0;
    puts("\n2. Connect your web server:");
    for (size_t i = 0; i < SERVERS; i++) {
        if (!is_installed(&servers[i]))
            continue;
        found++;
        print_server(&servers[i], places, conf, user);
    }
    if (found == 0)
        puts("\n   None was found. Install Apache, nginx, lighttpd or Caddy, then run this again to see the lines for\n"
             "   it.");
}

static void print_check(const struct init_places *places)
{
    puts("\n3. Check the deployment:\n");
    if (places->usual)
        puts("     rollcalld --doctor http://localhost/presence");
    else
        printf("     rollcalld -c %s --doctor http://localhost/presence\n", places->file);
}

static void print_page(void)
{
    puts("\n4. Create a workspace, a member, and a token for that member. $token is the administrator's token:\n\n"
         "     api=http://localhost/presence/v1\n"
         "     curl -H \"Authorization: Bearer $token\" -X PUT $api/admin/workspaces/acme -d '{\"name\":\"Acme\"}'\n"
         "     curl -H \"Authorization: Bearer $token\" -X PUT $api/admin/workspaces/acme/members/bob -d "
         "'{\"name\":\"Bob\"}'\n"
         "     curl -H \"Authorization: Bearer $token\" $api/admin/tokens -d '{\"user\":\"bob\"}'\n\n"
         "   To see them in a browser, open http://localhost/rollcall-admin/admin.html and enter the\n"
         "   administrator's token.\n\n"
         "5. Add this to your page, with the token from the last answer:\n\n"
         "     <script type=\"module\" src=\"/rollcall.js\"></script>\n"
         "     <rollcall-session url=\"/presence\" workspace=\"acme\" token=\"rc_...\"></rollcall-session>\n"
         "     Bob <rollcall-dot user=\"bob\"></rollcall-dot>\n");
}

/* How the host application can sign tokens; with the lines for the configuration, unless it has them. */
static void print_application(const struct init_places *places, const struct conf *conf)
{
    bool jwt = false;
    for (size_t i = 0; i < conf->auth_count; i++)
        jwt = jwt || conf->auth[i] == CONF_AUTH_JWT;
    if (jwt)
        printf("   Later, your application signs a token for each user who is signed in, with the key in\n   %s. See\n",
               conf->jwt.key_file);
    else
        printf("   Later, your application signs a token for each user who is signed in. For that, add these lines to\n"
               "   %s, then run systemctl reload rollcalld:\n\n"
               "     auth = {\"token\", \"jwt\"}\n"
               "     jwt {\n"
               "         algorithm = \"%s\"\n"
               "         key_file = \"%s\"\n"
               "         provision = true\n"
               "     }\n\n   See\n",
               conf->path, conf->jwt.algorithm, conf->jwt.key_file);
    printf("   %s/EXISTING-SITE.md.\n", places->docs);
}

void init_steps_print(const struct init_places *places, const struct conf *conf, const char *user)
{
    print_start(places, user);
    print_servers(places, conf, user);
    print_check(places);
    print_page();
    print_application(places, conf);
}
