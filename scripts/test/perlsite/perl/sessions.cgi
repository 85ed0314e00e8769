#!/usr/bin/perl
use strict;
use warnings;
use FindBin;
use lib $FindBin::Bin;
use MemcachedSOAPClass;
use SOAP::Transport::HTTP;

SOAP::Transport::HTTP::CGI->dispatch_to('MemcachedSOAPClass')->handle;

# Apache does not wait for its CGI processes, so they write their processor time in
# seconds themselves.
END {
    my $seconds = 0;
    $seconds += $_ for times;
    open my $file, '>>', $ENV{CPU_TIMES} or die "$ENV{CPU_TIMES}: $!\n";
    syswrite $file, "$seconds\n";
}
