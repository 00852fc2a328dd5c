// The bundle must be the same bytes whatever folder it is built in: ids are names, not numbers of a walk.
module.exports = { optimization: { moduleIds: 'named', chunkIds: 'named' } };
