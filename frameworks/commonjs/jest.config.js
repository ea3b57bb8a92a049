module.exports = {
  transformIgnorePatterns: ["/node_modules/(?!(.*/)?sluice/)"],
};
