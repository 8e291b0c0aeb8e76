using InfoLink.Numbering;

return await Commands.Root().Parse(args).InvokeAsync();
