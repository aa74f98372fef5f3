#!/usr/bin/python3
# SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
"""
jobs.py — the workloads of the calibration: N jobs each, one a line, drawn with a fixed seed, common ones often, rare ones rarely.

    jobs.py WORKLOAD N
"""
import random
import sys

PYTHON = """json csv zipfile tarfile http.client email.message sqlite3 xml.dom.minidom decimal fractions statistics argparse logging
    unittest difflib textwrap pprint configparser hashlib hmac secrets uuid socket ssl selectors asyncio threading multiprocessing queue
    subprocess shlex glob fnmatch tempfile shutil pickle shelve dbm gzip bz2 lzma zlib base64 binascii struct codecs unicodedata
    stringprep datetime calendar zoneinfo locale gettext html html.parser xml.sax xml.etree.ElementTree urllib.parse urllib.request
    http.cookies http.server ftplib smtplib imaplib poplib telnetlib xmlrpc.client ipaddress wave colorsys cmd code ast dis tokenize
    symtable inspect pdb profile cProfile timeit trace tracemalloc gc weakref copy reprlib enum graphlib heapq bisect array types
    contextlib abc functools itertools operator random math cmath numbers platform ctypes curses readline mmap resource syslog
    optparse getopt mailbox mimetypes quopri uu sched contextvars concurrent.futures zipimport pkgutil modulefinder runpy importlib.metadata
    compileall filecmp fileinput linecache netrc plistlib nntplib cgi crypt pty tty termios fcntl nis aifc sunau chunk imghdr sndhdr""".split()

PERL = """strict warnings POSIX Data::Dumper File::Find File::Temp File::Copy File::Path Getopt::Long List::Util Scalar::Util Time::HiRes
    Time::Local Encode utf8 Storable Digest::MD5 Digest::SHA MIME::Base64 IO::File IO::Socket IO::Handle Socket Text::Wrap Text::ParseWords
    Text::Tabs Text::Balanced Math::BigInt Math::BigFloat Math::Complex Math::Trig Tie::File Tie::Hash Benchmark Carp Cwd English Env
    Fcntl File::Basename File::Spec File::Compare File::Glob File::stat Hash::Util I18N::Langinfo IPC::Open3 IPC::SysV JSON::PP
    HTTP::Tiny Locale::Maketext Memoize Module::CoreList Module::Load Params::Check PerlIO::encoding Pod::Text Pod::Usage Safe SelfLoader
    Symbol Sys::Hostname Term::ANSIColor Term::ReadLine Test::More Thread::Queue Time::Piece Time::Seconds Unicode::Normalize Unicode::UCD
    User::pwent attributes autouse base bigint bignum bytes charnames constant diagnostics encoding::warnings feature fields filetest if
    integer lib locale mro open ops overload parent sigtrap sort threads vars version Archive::Tar Compress::Zlib CPAN::Meta DB_File
    Filter::Simple IO::Compress::Gzip IO::Uncompress::Gunzip IO::Zlib AutoLoader Attribute::Handlers""".split()

PERL_CODE = """my@a=sort{$a<=>$b}(3,1,2)|my$s=join(",",map{$_*2}1..9)|$_="abc";s/b+/x/g;tr/a-z/A-Z/|my%h=(a=>1);for(keys%h){}|print sprintf("%.3f",1/3)
    |my$x=pack("NnC",1,2,3);unpack("NnC",$x)|my@t=localtime|my$r=eval{die"x"};|my$f=sub{wantarray};$f->()|print reverse split//,"abc"
    |local$SIG{ALRM}=sub{};alarm 0|open my$f,"<","/etc/passwd";my@l=<$f>|my$d=crypt("a","ab")|my$v=vec(my$z,3,4)|print lc uc ucfirst"ab"
    |my@g=grep{/a/}qw(a b)|print chr(300)|my$n=oct("0x1f")|my@s=stat"/"|print"@{[splice@{[1..5]},1,2]}"|study|sleep 0|print exists$ENV{A}
    |my$o=bless{},"A";ref$o|formline"@<<",1|my$q=quotemeta"a.b"|print index("abc","c")|exit 0|my$w=times|print substr("abc",1,1)=~/b/
    |opendir my$d,"/";readdir$d|my$m=1<<3^5|printf"%s",~0|my@k=each%ENV|sprintf"%vd","1.2"|print 2**0.5,sin 1,exp 1,log 2|srand 1;rand""".split("|")

SQL = """select 1+1|create table t(a integer primary key,b text,c real);insert into t values(1,'x',2.5),(2,'y',3.5);select * from t
    |select upper('a'),lower('B'),trim(' x '),replace('abc','b','d')|select date('now'),strftime('%Y',0,'unixepoch'),julianday('2020-01-01')
    |with recursive c(x) as (select 1 union all select x+1 from c where x<50) select sum(x),avg(x),max(x) from c
    |select json_extract('{"a":[1,2]}','$.a[1]'),json_array(1,2),json_group_array(1)|create virtual table f using fts5(x);insert into f values('one two');select * from f where f match 'two'
    |create virtual table r using rtree(id,a,b);insert into r values(1,2,3);select * from r where a>1|select row_number() over (order by 1),ntile(2) over ()
    |create table u(a);create trigger g after insert on u begin update u set a=1;end;insert into u values(2)|create view v as select 1 as k;select k from v
    |create table w(a,b);create index i on w(b desc) where a>0;insert into w select 1,random();select * from w where b=1 and a>0;reindex;analyze
    |select hex(randomblob(8)),zeroblob(3),quote(x'0102')|pragma integrity_check;pragma compile_options;pragma table_info(x)|explain query plan select 1 union select 2 order by 1
    |begin;create table z(a);savepoint s;insert into z values(1);rollback to s;release s;commit|select 'a' like 'A','ab' glob 'a*',1 between 0 and 2,3 in (1,3)
    |create table y(a unique,b check(b>0));insert or replace into y values(1,2);insert or ignore into y values(1,3)|select group_concat(x,';') from (select 1 x union select 2)
    |attach ':memory:' as o;create table o.q(a);insert into o.q values(1);detach o|select printf('%05d|%e|%q',42,1.5,'x'),instr('abc','c'),substr('abcdef',-2)|vacuum
    |create table p(a references y(a) on delete cascade)|.dump|.schema|.tables|.mode column|.stats on|.help|.databases|select cast('12' as integer)/5.0,abs(-3),round(2.567,1),coalesce(null,1)
    |create table g(a,b generated always as (a*2) stored);insert into g(a) values(2);select b from g|select * from pragma_function_list|create virtual table d using dbstat
    |select 1 where exists(select 1) limit 1 offset 0|select typeof(1.0),unicode('a'),char(65),likelihood(1,0.5)|create temp table tt as select 1;select * from temp.tt;drop table tt
    |select x,count(*) from (select 1 x union all select 1) group by x having count(*)>1|.read /dev/null|.import /etc/passwd imported|select sha3('a')|alter table x rename to y
    |select * from generate_series(1,5)|select load_extension('none')|update t set a=1|delete from t|select max(1,2),min(1,2),nullif(1,1),iif(1,2,3)|select total_changes(),changes(),last_insert_rowid(),sqlite_version()""".split("|")

OPENSSL = """dgst -sha256|dgst -sha512|dgst -md5|dgst -sha3-256|dgst -blake2b512|dgst -sha1 -hmac k|dgst -shake256 -xoflen 32|rand -hex 16|version -a|prime 7919|passwd -6 x|passwd -1 x|list -commands
    |enc -aes-256-cbc -k x -pbkdf2|enc -aes-128-ctr -k x -pbkdf2|enc -chacha20 -k x -pbkdf2|enc -camellia-128-cbc -k x -pbkdf2|enc -aria-128-cbc -k x -pbkdf2|enc -des3 -k x -pbkdf2|enc -base64|enc -aes-128-cbc -k x -md md5
    |genpkey -algorithm ED25519|genpkey -algorithm X25519|genpkey -algorithm ED448|genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:1024|genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256|genpkey -algorithm EC -pkeyopt ec_paramgen_curve:secp256k1|genpkey -algorithm EC -pkeyopt ec_paramgen_curve:brainpoolP256r1
    |ecparam -list_curves|ecparam -name secp384r1 -genkey|ciphers -v|errstr 0100|asn1parse -genstr UTF8:hello|asn1parse -genstr INTEGER:42|crl2pkcs7 -nocrl|list -digest-algorithms|list -cipher-algorithms|list -providers
    |mac -macopt digest:SHA256 -macopt hexkey:01 HMAC|mac -cipher AES-128-CBC -macopt hexkey:000102030405060708090a0b0c0d0e0f CMAC|kdf -keylen 16 -kdfopt digest:SHA256 -kdfopt key:a -kdfopt salt:b HKDF|kdf -keylen 16 -kdfopt pass:a -kdfopt salt:b -kdfopt iter:10 PBKDF2|kdf -keylen 16 -kdfopt pass:a -kdfopt salt:b -kdfopt n:16 -kdfopt r:1 -kdfopt p:1 SCRYPT
    |req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=a -keyout /dev/null|req -x509 -newkey rsa:1024 -nodes -subj /CN=a -keyout /dev/null|req -x509 -newkey ed25519 -nodes -subj /CN=a/O=b -addext subjectAltName=DNS:a -keyout /dev/null
    |dsaparam 512|dhparam -dsaparam 512|rsa -in none|x509 -in none|s_client -connect 127.0.0.1:1|ts -query -data /etc/hostname -sha256|cms -sign -in none|pkcs12 -in none|srp -list|speed -seconds 1 -bytes 16 md5|storeutl /etc/ssl/certs/ca-certificates.crt|verify /etc/ssl/certs/ca-certificates.crt|fipsinstall -help|sess_id -in none|ocsp -help""".split("|")

SHELL = """ls /etc|sort /etc/passwd|wc -l /etc/passwd|cat /etc/hostname|grep root /etc/passwd|sed s/a/b/ /etc/passwd|awk -F: '{print $1}' /etc/passwd|cut -d: -f1 /etc/passwd|tr a-z A-Z </etc/hostname|head -3 /etc/passwd
    |tail -3 /etc/passwd|uniq /etc/passwd|date|id|uname -a|df /|du -s /etc/default|find /etc/default -type f|xargs echo </etc/hostname|basename /a/b|dirname /a/b|seq 10|od -c /etc/hostname|sha256sum /etc/passwd|md5sum /etc/passwd
    |tar c /etc/default|gzip -c /etc/passwd|xz -c /etc/passwd|bzip2 -c /etc/passwd|zip - /etc/hostname|bc <<E|jq . /dev/null|diff /etc/passwd /etc/group|cmp /etc/passwd /etc/group|comm /etc/hostname /etc/hostname|join /etc/hostname /etc/hostname
    |paste /etc/hostname|fold -w 10 /etc/passwd|fmt /etc/passwd|nl /etc/passwd|expand /etc/passwd|stat /etc/passwd|readlink -f /bin/sh|file /bin/ls|strings /bin/true|getent passwd root|locale -a|iconv -f utf8 -t latin1 /etc/hostname
    |base64 /etc/hostname|tac /etc/passwd|shuf -n1 /etc/passwd|numfmt 1000|factor 99991|expr 1 + 2|printenv|nproc|env true|timeout 1 true|nice true|who|w|ps|free|uptime|tty|stty -a|tput cols|clear|dpkg -l bash|dpkg -S /bin/sh|dpkg --print-architecture|apt-cache policy bash
    |perl -e 1|openssl version|curl --version|ip addr|hostname|column -t /etc/passwd|rev /etc/hostname|hexdump -C /etc/hostname|logger -s x|mktemp -u|m4 /dev/null|make -v|gcc --version|ldd /bin/ls|nm -D /bin/ls|objdump -h /bin/true|readelf -h /bin/true|size /bin/true|lsblk|findmnt /|lscpu|ipcs|setpriv -d|unshare -h|getopt -o a -- -a|cal|dd if=/dev/zero of=/dev/null count=1|patch --version|ed -s /dev/null""".split("|")

GIT = """status|log --oneline -5|diff|branch|show --stat HEAD|rev-parse HEAD|ls-files|tag|stash list|blame a|grep x|describe --always|shortlog -s HEAD|cat-file -p HEAD|config -l|remote -v|reflog|count-objects -v|fsck|gc --auto|archive HEAD
    |ls-tree HEAD|rev-list --all|for-each-ref|name-rev HEAD|merge-base HEAD HEAD|whatchanged -1|check-ignore a|hash-object a|verify-pack -v none|commit --allow-empty -qm x|checkout -q -b b$RANDOM|add a|reset -q|clean -n|mv a a|rm --cached -q none|notes list|bisect log|worktree list|submodule status|cherry HEAD HEAD|format-patch -1 --stdout|apply /dev/null|am --abort|rebase --abort|bundle create - HEAD|fast-export HEAD|pack-refs|prune -n|repack -q|var GIT_EDITOR|help -a|version|difftool --tool-help|mergetool --tool-help|request-pull HEAD .|filter-branch -h|instaweb --stop|send-email -h|cvsimport -h|svn --version|p4 help|quiltimport -h|credential-cache exit|daemon -h|http-backend|imap-send -h|shell -c x|column|stripspace|interpret-trailers|mailinfo a b|patch-id|range-diff HEAD HEAD HEAD|replace -l|rerere|show-branch|sparse-checkout list|update-server-info|upload-pack -h""".split("|")


def clean(items):
    return [" ".join(item.split()) for item in items]


def draw(rng, items, most=1):
    """Between one and `most` of the items: the nth is drawn with a weight of 1/n."""
    weights = [1 / (i + 1) for i in range(len(items))]
    return rng.choices(items, weights, k=rng.randint(1, most))


def jobs(workload, n):
    rng = random.Random(f"vexxy calibration {workload}")
    shell, half = clean(SHELL), len(SHELL) // 2
    for i in range(n):
        if workload == "python":
            yield f"/usr/bin/python3 -c 'import {', '.join(draw(rng, PYTHON, 4))}'"
        elif workload == "perl":
            yield f"/usr/bin/perl {' '.join('-M' + m for m in draw(rng, PERL, 3))} -e '{'; '.join(draw(rng, clean(PERL_CODE), 3))}'"
        elif workload == "sqlite":
            yield "printf '%s\\n' " + " ".join('"' + s.replace('"', '\\"').replace("$", "\\$").replace("%", "%") + (";" if s[0] != "." else "") + '"'
                                               for s in draw(rng, clean(SQL), 3)) + " | /usr/bin/sqlite3 :memory:"
        elif workload == "openssl":
            yield f"echo x | timeout 5 /usr/bin/openssl {draw(rng, clean(OPENSSL))[0]}"
        elif workload == "git":
            yield f"cd $REPO && timeout 5 git {draw(rng, clean(GIT))[0]}"
        elif workload == "shell":
            yield "; ".join(f"timeout 5 {s}" if s.split()[0] != "bc" else "echo 1 | bc" for s in draw(rng, shell, 3))
        elif workload == "shift":  # not one workload but two: what the estimator cannot know
            pool = shell[:half:2] if i < n // 2 else shell[1::2]
            yield "; ".join(f"timeout 5 {s}" if s.split()[0] != "bc" else "echo 1 | bc" for s in draw(rng, pool, 3))
        elif workload == "httpd":
            pages = [f"page/{k}.html" for k in range(200)]
            scripts = [f"cgi-bin/{k}.py" for k in range(30)]
            yield " ".join(draw(rng, pages, 5) + (draw(rng, scripts) if rng.random() < 0.5 else []))
        else:
            raise SystemExit(f"no such workload: {workload}")


if __name__ == "__main__":
    for line in jobs(sys.argv[1], int(sys.argv[2])):
        print(line)
