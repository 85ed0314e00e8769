#!/usr/bin/perl
use strict;
use warnings;
use FindBin;
use lib $FindBin::Bin;
use MemcachedSOAPClass;
use SOAP::Transport::HTTP;

SOAP::Transport::HTTP::FCGI->dispatch_to('MemcachedSOAPClass')->handle;
