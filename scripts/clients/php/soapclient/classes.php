<?php
// Classes for the types of the contract, for those who like their results typed.
// A list that has a default is there also when it is empty.

class Session
{
    public string $id;
    public string $version;
    public ?int $expiresIn = null;
    public EntryList $attributes;
}

class EntryList
{
    /** @var Entry[] */
    public array $entry = [];
}

class ItemList
{
    /** @var Item[] */
    public array $item = [];
}

class Item
{
    public ?string $value = null;
    public ?string $binary = null;
    public ?EntryList $hash = null;
    public ?ItemList $list = null;
    public ?bool $undef = null;
}

class Entry extends Item
{
    public string $key;
}

const CLASSES = ['Session' => 'Session', 'EntryList' => 'EntryList', 'ItemList' => 'ItemList', 'Item' => 'Item', 'Entry' => 'Entry'];
